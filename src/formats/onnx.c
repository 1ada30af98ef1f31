#include "formats/onnx.h"

#include "core/file.h"
#include "formats/layout.h"
#include "ops/conv2d.h"
#include "ops/maxpool2d.h"

#include <onnx.pb-c.h>
#include <string.h>

/* A message must be smaller than 2 GiB; this leaves 1 MiB for everything but parameters. */
static const uint64_t most_parameter_bytes = ((uint64_t)1 << 31) - ((uint64_t)1 << 20);

static const char image_name[] = "image", probability_name[] = "probability";

/* A file under construction. Like a graph, it keeps the first failure, and later additions do nothing. */
typedef struct construction {
    const lvk_onnx_model *model;
    lvk_arena arena; /* owns all messages */
    lvk_status status;
    const char **names; /* [tensor of the graph] its name; NULL before there is a node that computes it */
    Onnx__GraphProto graph;
    Onnx__ModelProto file;
} construction;

static void *allocate(construction *c, size_t count, size_t size) {
    if (c->status != LVK_OK)
        return NULL;
    void *memory = lvk_arena_alloc(&c->arena, count, size);
    if (!memory)
        c->status = LVK_ERROR_MEMORY;
    return memory;
}

/* Copies a text, since the messages' members are not const, although nothing writes to them. */
static char *text(construction *c, const char *value) {
    char *copy = allocate(c, strlen(value) + 1, 1);
    return copy ? strcpy(copy, value) : NULL;
}

/* NULL for NULL: what failed before. */
static char *joined(construction *c, const char *stem, const char *ending) {
    if (!stem)
        return NULL;
    char *name = allocate(c, strlen(stem) + strlen(ending) + 1, 1);
    return name ? strcat(strcpy(name, stem), ending) : NULL;
}

/* ---- nodes ---- */

/* The most inputs and attributes that a node has here. */
enum { MOST_INPUTS = 3, MOST_ATTRIBUTES = 3 };

/* Appends a node with one output, which has the node's name. NULL after a failure. */
static Onnx__NodeProto *add_node(construction *c, const char *operator, const char * name, size_t count,
                                 const char *const *inputs) {
    Onnx__NodeProto *node = allocate(c, 1, sizeof *node);
    char **values = allocate(c, MOST_INPUTS + 1, sizeof *values);
    Onnx__AttributeProto **attributes = allocate(c, MOST_ATTRIBUTES, sizeof(Onnx__AttributeProto *));
    if (!node || !values || !attributes)
        return NULL;
    onnx__node_proto__init(node);
    for (size_t i = 0; i < count; ++i)
        values[i] = text(c, inputs[i]);
    values[MOST_INPUTS] = node->name = text(c, name);
    node->op_type = text(c, operator);
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

static Onnx__AttributeProto *add_attribute(construction *c, Onnx__NodeProto *node, const char *name) {
    Onnx__AttributeProto *attribute = allocate(c, 1, sizeof *attribute);
    char *copy = text(c, name);
    if (!attribute || !copy)
        return NULL;
    onnx__attribute_proto__init(attribute);
    attribute->name = copy;
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

static void add_integer(construction *c, Onnx__NodeProto *node, const char *name, int64_t value) {
    Onnx__AttributeProto *attribute = node ? add_attribute(c, node, name) : NULL;
    if (!attribute)
        return;
    attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    attribute->i = value;
}

static void add_integers(construction *c, Onnx__NodeProto *node, const char *name, size_t count,
                         const uint32_t *values) {
    Onnx__AttributeProto *attribute = node ? add_attribute(c, node, name) : NULL;
    int64_t *copy = allocate(c, count, sizeof *copy);
    if (!attribute || !copy)
        return;
    for (size_t i = 0; i < count; ++i)
        copy[i] = values[i];
    attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    attribute->ints = copy;
    attribute->n_ints = count;
}

/* ---- tensors ---- */

/* Appends an initializer, whose `values` lie in the arena, and returns its name. */
static const char *add_initializer(construction *c, const char *name, const lvk_type *type, float *values) {
    Onnx__TensorProto *tensor = allocate(c, 1, sizeof *tensor);
    int64_t *dims = allocate(c, LVK_MAX_RANK, sizeof *dims);
    char *copy = text(c, name);
    if (!tensor || !dims || !copy || !values)
        return NULL;
    onnx__tensor_proto__init(tensor);
    for (int i = 0; i < type->rank; ++i)
        dims[i] = type->dim[i];
    tensor->dims = dims;
    tensor->n_dims = (size_t)type->rank;
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->name = copy;
    tensor->raw_data = (ProtobufCBinaryData){.data = (uint8_t *)values, .len = (size_t)lvk_type_size(type)};
    c->graph.initializer[c->graph.n_initializer++] = tensor;
    return copy;
}

/* Appends a parameter of the graph, in the layout of ONNX, and returns its name. */
static const char *add_parameter(construction *c, int tensor) {
    const lvk_graph *graph = c->model->graph;
    const lvk_tensor *parameter = &graph->tensors[tensor];
    const lvk_type type = lvk_layout_channels_first_type(graph, tensor);
    float *values = allocate(c, (size_t)lvk_type_count(&type), sizeof *values);
    if (values)
        lvk_layout_channels_first(graph, tensor, c->model->block + parameter->offset / sizeof *values,
                                  values);
    return add_initializer(c, parameter->name, &type, values);
}

/* ---- operators ---- */

/* The names of a node's inputs: an activation has the name of the node that computes it, a parameter its own.
 * NULL after a failure. */
static const char **input_names(construction *c, const lvk_node *node) {
    const char **names = allocate(c, LVK_MAX_INPUTS, sizeof *names);
    for (int i = 0; names && i < node->call.input_count; ++i) {
        const int tensor = node->inputs[i];
        const bool parameter = c->model->graph->tensors[tensor].role == LVK_ROLE_PARAMETER;
        names[i] = parameter ? add_parameter(c, tensor) : c->names[tensor];
    }
    return c->status == LVK_OK ? names : NULL;
}

static void add_conv(construction *c, const lvk_node *node, const char *const *inputs) {
    const lvk_conv2d_attributes *conv = node->call.attributes;
    const uint32_t *kernel = node->call.inputs[1].dim;
    Onnx__NodeProto *added = add_node(c, "Conv", node->label, (size_t)node->call.input_count, inputs);
    add_integers(c, added, "kernel_shape", 2, kernel);
    add_integers(c, added, "strides", 2, (uint32_t[]){conv->stride_h, conv->stride_w});
    add_integers(c, added, "pads", 4,
                 (uint32_t[]){conv->pad_top, conv->pad_left, conv->pad_bottom, conv->pad_right});
}

/* Appends a max pooling. ONNX pads with values that are never the maximum, the model with zeros; after a ReLU
 * both give the same. */
static void add_pool(construction *c, const lvk_node *node, const char *const *inputs) {
    const lvk_graph *graph = c->model->graph;
    const lvk_maxpool2d_attributes *pool = node->call.attributes;
    const int producer = graph->tensors[node->inputs[0]].producer;
    const bool positive = producer != LVK_NONE && graph->nodes[producer].call.op == LVK_OP_relu;
    if (lvk_maxpool2d_is_padded(pool) && !positive) {
        c->status =
            lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: zeros around an image that is not a ReLU's", node->label);
        return;
    }
    Onnx__NodeProto *added = add_node(c, "MaxPool", node->label, 1, inputs);
    add_integers(c, added, "kernel_shape", 2, (uint32_t[]){pool->window_h, pool->window_w});
    add_integers(c, added, "strides", 2, (uint32_t[]){pool->stride_h, pool->stride_w});
    add_integers(c, added, "pads", 4,
                 (uint32_t[]){pool->pad_top, pool->pad_left, pool->pad_bottom, pool->pad_right});
}

static void add_flatten(construction *c, const char *name, const char *input) {
    add_integer(c, add_node(c, "Flatten", name, 1, &input), "axis", 1);
}

static void add_average(construction *c, const lvk_node *node, const char *const *inputs) {
    const char *image = joined(c, node->label, "/image");
    if (image && add_node(c, "GlobalAveragePool", image, 1, inputs))
        add_flatten(c, node->label, image);
}

static void add_dense(construction *c, const lvk_node *node, const char *const *inputs) {
    add_integer(c, add_node(c, "Gemm", node->label, 3, inputs), "transB", 1);
}

static void add_operator(construction *c, const lvk_node *node) {
    const char *const *inputs = input_names(c, node);
    if (!inputs)
        return;
    switch (node->call.op) {
    case LVK_OP_conv2d:
        add_conv(c, node, inputs);
        break;
    case LVK_OP_maxpool2d:
        add_pool(c, node, inputs);
        break;
    case LVK_OP_dense:
        add_dense(c, node, inputs);
        break;
    case LVK_OP_global_average_pool:
        add_average(c, node, inputs);
        break;
    case LVK_OP_flatten:
        add_flatten(c, node->label, inputs[0]);
        break;
    case LVK_OP_relu:
        (void)add_node(c, "Relu", node->label, 1, inputs);
        break;
    case LVK_OP_add:
        (void)add_node(c, "Add", node->label, 2, inputs);
        break;
    default:
        c->status = lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: operator %s has no translation to ONNX", node->label,
                             lvk_op_get(node->call.op)->name);
    }
    c->names[node->outputs[0]] = node->label;
}

/* Appends the normalization of pixels, by a 1x1 convolution. */
static void add_normalization(construction *c) {
    static const char name[] = "normalize";
    const lvk_type kernel = lvk_type_4d(LVK_F32, 3, 3, 1, 1), bias = lvk_type_1d(LVK_F32, 3);
    float *scale = allocate(c, 9, sizeof *scale), *shift = allocate(c, 3, sizeof *shift);
    if (!scale || !shift)
        return;
    memcpy(scale, c->model->scale, sizeof c->model->scale);
    memcpy(shift, c->model->shift, sizeof c->model->shift);
    const char *inputs[3] = {image_name, add_initializer(c, "normalize/kernel", &kernel, scale),
                             add_initializer(c, "normalize/bias", &bias, shift)};
    if (inputs[1] && inputs[2])
        add_integers(c, add_node(c, "Conv", name, 3, inputs), "kernel_shape", 2, (uint32_t[]){1, 1});
    c->names[c->model->input] = name;
}

/* ---- the whole ---- */

/* Describes an input or output of the graph: [N, …], where all sizes but N are fixed. */
static Onnx__ValueInfoProto **describe_value(construction *c, const char *name, const char *meaning, int rank,
                                             const uint32_t *sizes) {
    Onnx__ValueInfoProto **list = allocate(c, 1, sizeof(Onnx__ValueInfoProto *));
    Onnx__ValueInfoProto *value = allocate(c, 1, sizeof *value);
    Onnx__TypeProto *type = allocate(c, 1, sizeof *type);
    Onnx__TypeProto__Tensor *tensor = allocate(c, 1, sizeof *tensor);
    Onnx__TensorShapeProto *shape = allocate(c, 1, sizeof *shape);
    Onnx__TensorShapeProto__Dimension *dims = allocate(c, (size_t)rank, sizeof *dims);
    Onnx__TensorShapeProto__Dimension **dim =
        allocate(c, (size_t)rank, sizeof(Onnx__TensorShapeProto__Dimension *));
    if (!list || !value || !type || !tensor || !shape || !dims || !dim)
        return NULL;
    onnx__value_info_proto__init(value);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(shape);
    for (int i = 0; i < rank; ++i) {
        dim[i] = &dims[i];
        onnx__tensor_shape_proto__dimension__init(dim[i]);
        dim[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dim[i]->dim_value = sizes[i];
    }
    dim[0]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    dim[0]->dim_param = text(c, "N");
    shape->dim = dim;
    shape->n_dim = (size_t)rank;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    value->name = text(c, name);
    value->doc_string = text(c, meaning);
    value->type = type;
    list[0] = value;
    return list;
}

/* "Probabilities of the classes Benign, Early, Pre" */
static const char *class_list(construction *c) {
    const char *list = "Probabilities of the classes ";
    for (uint32_t k = 0; k < c->model->class_count && list; ++k)
        list = joined(c, joined(c, list, k ? ", " : ""), c->model->class_names[k]);
    return list;
}

static void describe_edges(construction *c) {
    const uint32_t *input = c->model->graph->tensors[c->model->input].type.dim;
    const uint32_t outputs = c->model->graph->tensors[c->model->logits].type.dim[1];
    const char *of = c->model->class_count
                         ? class_list(c)
                         : joined(c, "Probability of the positive class, ", c->model->positive_class);
    c->graph.input = describe_value(c, image_name, "Red, green, blue from 0 to 255; rows from the top", 4,
                                    (uint32_t[]){0, 3, input[1], input[2]});
    c->graph.output = of ? describe_value(c, probability_name, of, 2, (uint32_t[]){0, outputs}) : NULL;
    c->graph.n_input = c->graph.n_output = 1;
}

/* A sigmoid, or of three and more classes a softmax, of the logits, over the temperature where there is one. */
static void add_probability(construction *c) {
    static const char name[] = "calibrate";
    const char *inputs[2] = {c->names[c->model->logits], NULL};
    if (c->model->temperature != 1) {
        const lvk_type scalar = lvk_type_1d(LVK_F32, 1);
        float *value = allocate(c, 1, sizeof *value);
        if (!value)
            return;
        *value = c->model->temperature;
        inputs[1] = add_initializer(c, "calibrate/temperature", &scalar, value);
        if (inputs[1])
            (void)add_node(c, "Div", name, 2, inputs);
        inputs[0] = name;
    }
    if (c->model->class_count)
        add_integer(c, add_node(c, "Softmax", probability_name, 1, inputs), "axis", 1);
    else
        (void)add_node(c, "Sigmoid", probability_name, 1, inputs);
}

static void build_graph(construction *c) {
    const lvk_graph *graph = c->model->graph;
    const size_t extra =
        3; /* the normalization's two parameters and the temperature; they and the last node */
    onnx__graph_proto__init(&c->graph);
    c->names = allocate(c, graph->tensor_count, sizeof *c->names);
    c->graph.node = allocate(c, 2 * graph->node_count + extra, sizeof(Onnx__NodeProto *));
    c->graph.initializer = allocate(c, graph->tensor_count + extra, sizeof(Onnx__TensorProto *));
    c->graph.name = text(c, c->model->name);
    if (c->status != LVK_OK)
        return;
    describe_edges(c);
    add_normalization(c);
    for (size_t n = 0; n < graph->node_count && c->status == LVK_OK; ++n)
        add_operator(c, &graph->nodes[n]);
    if (c->status == LVK_OK)
        add_probability(c);
}

static void add_metadata(construction *c) {
    const lvk_string_map *map = c->model->metadata;
    Onnx__StringStringEntryProto *entries = allocate(c, map->count, sizeof *entries);
    c->file.metadata_props = allocate(c, map->count, sizeof(Onnx__StringStringEntryProto *));
    for (size_t i = 0; i < map->count && c->status == LVK_OK; ++i) {
        onnx__string_string_entry_proto__init(&entries[i]);
        entries[i].key = text(c, map->pairs[i].key);
        entries[i].value = text(c, map->pairs[i].value);
        c->file.metadata_props[c->file.n_metadata_props++] = &entries[i];
    }
}

static void build_file(construction *c) {
    Onnx__OperatorSetIdProto *set = allocate(c, 1, sizeof *set);
    c->file.opset_import = allocate(c, 1, sizeof(Onnx__OperatorSetIdProto *));
    if (!set || !c->file.opset_import)
        return;
    onnx__operator_set_id_proto__init(set);
    set->version = LVK_ONNX_OPERATOR_SET;
    c->file.opset_import[0] = set;
    c->file.n_opset_import = 1;
    c->file.ir_version = LVK_ONNX_IR_VERSION;
    c->file.producer_name = text(c, "leukvk");
    c->file.producer_version = text(c, c->model->producer_version);
    c->file.doc_string = text(c, "For research and teaching. Not a medical device.");
    c->file.graph = &c->graph;
    add_metadata(c);
}

static lvk_status pack(const char *path, const Onnx__ModelProto *file) {
    const size_t size = onnx__model_proto__get_packed_size(file);
    uint8_t *bytes = lvk_alloc(size, 1);
    if (!bytes)
        return LVK_ERROR_MEMORY;
    const lvk_status status = lvk_file_write(path, bytes, onnx__model_proto__pack(file, bytes));
    lvk_free(bytes);
    return status;
}

lvk_status lvk_onnx_write(const char *path, const lvk_onnx_model *model) {
    construction c = {.model = model};
    if (model->graph->parameter_size > most_parameter_bytes)
        return lvk_fail(LVK_ERROR_LIMIT,
                        "%s: not written: %llu bytes of parameters, more than an ONNX file has", path,
                        (unsigned long long)model->graph->parameter_size);
    onnx__model_proto__init(&c.file);
    build_graph(&c);
    if (c.status == LVK_OK)
        build_file(&c);
    lvk_status status = c.status == LVK_OK ? pack(path, &c.file) : c.status;
    if (status == LVK_ERROR_UNSUPPORTED)
        status = lvk_fail_within(status, "%s: not written", path);
    lvk_arena_finish(&c.arena);
    return status;
}
