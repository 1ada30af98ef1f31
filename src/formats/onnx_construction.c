#include "formats/onnx_construction.h"

#include "backend/type.h"

#include <string.h>

/* The most inputs and attributes that a node has here. */
enum { MOST_INPUTS = 3, MOST_ATTRIBUTES = 3, FIRST_ROOM = 64 };

void lvk_onnx_init(lvk_onnx_construction *c) {
    *c = (lvk_onnx_construction){.status = LVK_OK};
    onnx__graph_proto__init(&c->graph);
}

void lvk_onnx_finish(lvk_onnx_construction *c) {
    lvk_arena_finish(&c->arena);
}

void *lvk_onnx_allocate(lvk_onnx_construction *c, size_t count, size_t size) {
    if (c->status != LVK_OK)
        return NULL;
    void *memory = lvk_arena_alloc(&c->arena, count, size);
    if (!memory)
        c->status = LVK_ERROR_MEMORY;
    return memory;
}

char *lvk_onnx_text(lvk_onnx_construction *c, const char *value) {
    char *copy = value ? lvk_onnx_allocate(c, strlen(value) + 1, 1) : NULL;
    return copy ? strcpy(copy, value) : NULL;
}

char *lvk_onnx_join(lvk_onnx_construction *c, const char *stem, const char *ending) {
    if (!stem)
        return NULL;
    char *name = lvk_onnx_allocate(c, strlen(stem) + strlen(ending) + 1, 1);
    return name ? strcat(strcpy(name, stem), ending) : NULL;
}

/* A list of `count` pointers with room for one more: the same list, or a longer copy. */
static void *with_room(lvk_onnx_construction *c, void *list, size_t count, size_t *room) {
    if (count < *room)
        return list;
    const size_t more = *room ? 2 * *room : FIRST_ROOM;
    void *longer = lvk_onnx_allocate(c, more, sizeof(void *));
    if (!longer)
        return list;
    if (count)
        memcpy(longer, list, count * sizeof(void *));
    *room = more;
    return longer;
}

/* ---- nodes ---- */

Onnx__NodeProto *lvk_onnx_add_node(lvk_onnx_construction *c, const char *operator, const char * name,
                                   size_t count, const char *const *inputs) {
    Onnx__NodeProto *node = lvk_onnx_allocate(c, 1, sizeof *node);
    char **values = lvk_onnx_allocate(c, MOST_INPUTS + 1, sizeof *values);
    Onnx__AttributeProto **attributes = lvk_onnx_allocate(c, MOST_ATTRIBUTES, sizeof(Onnx__AttributeProto *));
    c->graph.node = with_room(c, c->graph.node, c->graph.n_node, &c->node_room);
    if (!node || !values || !attributes)
        return NULL;
    onnx__node_proto__init(node);
    for (size_t i = 0; i < count; ++i)
        values[i] = lvk_onnx_text(c, inputs[i]);
    values[MOST_INPUTS] = node->name = lvk_onnx_text(c, name);
    node->op_type = lvk_onnx_text(c, operator);
    node->input = values;
    node->n_input = count;
    node->output = &values[MOST_INPUTS];
    node->n_output = 1;
    node->attribute = attributes;
    if (c->status != LVK_OK)
        return NULL;
    c->graph.node[c->graph.n_node++] = node;
    return node;
}

static Onnx__AttributeProto *add_attribute(lvk_onnx_construction *c, Onnx__NodeProto *node,
                                           const char *name) {
    Onnx__AttributeProto *attribute = lvk_onnx_allocate(c, 1, sizeof *attribute);
    char *copy = lvk_onnx_text(c, name);
    if (!attribute || !copy)
        return NULL;
    onnx__attribute_proto__init(attribute);
    attribute->name = copy;
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

void lvk_onnx_set_integer(lvk_onnx_construction *c, Onnx__NodeProto *node, const char *name, int64_t value) {
    Onnx__AttributeProto *attribute = node ? add_attribute(c, node, name) : NULL;
    if (!attribute)
        return;
    attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    attribute->i = value;
}

void lvk_onnx_set_integers(lvk_onnx_construction *c, Onnx__NodeProto *node, const char *name, size_t count,
                           const uint32_t *values) {
    Onnx__AttributeProto *attribute = node ? add_attribute(c, node, name) : NULL;
    int64_t *copy = lvk_onnx_allocate(c, count, sizeof *copy);
    if (!attribute || !copy)
        return;
    for (size_t i = 0; i < count; ++i)
        copy[i] = values[i];
    attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    attribute->ints = copy;
    attribute->n_ints = count;
}

/* ---- tensors ---- */

static const char *add_tensor(lvk_onnx_construction *c, const char *name, int rank, const uint32_t *sizes,
                              Onnx__TensorProto__DataType type, void *values, size_t element) {
    Onnx__TensorProto *tensor = lvk_onnx_allocate(c, 1, sizeof *tensor);
    int64_t *dims = lvk_onnx_allocate(c, LVK_MAX_RANK, sizeof *dims);
    char *copy = lvk_onnx_text(c, name);
    c->graph.initializer = with_room(c, c->graph.initializer, c->graph.n_initializer, &c->tensor_room);
    if (c->status != LVK_OK || !values)
        return NULL;
    onnx__tensor_proto__init(tensor);
    size_t size = element;
    for (int i = 0; i < rank; ++i) {
        dims[i] = sizes[i];
        size *= sizes[i];
    }
    tensor->dims = dims;
    tensor->n_dims = (size_t)rank;
    tensor->data_type = type;
    tensor->name = copy;
    tensor->raw_data = (ProtobufCBinaryData){.data = values, .len = size};
    c->graph.initializer[c->graph.n_initializer++] = tensor;
    return copy;
}

const char *lvk_onnx_add_floats(lvk_onnx_construction *c, const char *name, int rank, const uint32_t *dims,
                                float *values) {
    return add_tensor(c, name, rank, dims, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, values, sizeof *values);
}

const char *lvk_onnx_add_integers(lvk_onnx_construction *c, const char *name, int rank, const uint32_t *dims,
                                  int64_t *values) {
    return add_tensor(c, name, rank, dims, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, values, sizeof *values);
}

/* ---- the graph's edges ---- */

static Onnx__TensorShapeProto *describe_shape(lvk_onnx_construction *c, const lvk_onnx_value *value) {
    const size_t rank = (size_t)value->rank;
    Onnx__TensorShapeProto *shape = lvk_onnx_allocate(c, 1, sizeof *shape);
    Onnx__TensorShapeProto__Dimension *dims = lvk_onnx_allocate(c, rank, sizeof *dims);
    Onnx__TensorShapeProto__Dimension **dim =
        lvk_onnx_allocate(c, rank, sizeof(Onnx__TensorShapeProto__Dimension *));
    if (!shape || !dims || !dim)
        return NULL;
    onnx__tensor_shape_proto__init(shape);
    for (size_t i = 0; i < rank; ++i) {
        dim[i] = &dims[i];
        onnx__tensor_shape_proto__dimension__init(dim[i]);
        dim[i]->value_case = value->symbols[i] ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
                                               : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        if (value->symbols[i])
            dim[i]->dim_param = lvk_onnx_text(c, value->symbols[i]);
        else
            dim[i]->dim_value = value->sizes[i];
    }
    shape->dim = dim;
    shape->n_dim = rank;
    return shape;
}

Onnx__ValueInfoProto *lvk_onnx_describe(lvk_onnx_construction *c, const lvk_onnx_value *value) {
    Onnx__ValueInfoProto *info = lvk_onnx_allocate(c, 1, sizeof *info);
    Onnx__TypeProto *type = lvk_onnx_allocate(c, 1, sizeof *type);
    Onnx__TypeProto__Tensor *tensor = lvk_onnx_allocate(c, 1, sizeof *tensor);
    Onnx__TensorShapeProto *shape = describe_shape(c, value);
    if (!info || !type || !tensor || !shape)
        return NULL;
    onnx__value_info_proto__init(info);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    tensor->elem_type = value->type;
    tensor->shape = shape;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    info->name = lvk_onnx_text(c, value->name);
    info->doc_string = lvk_onnx_text(c, value->meaning);
    info->type = type;
    return info;
}
