#include "formats/onnx.h"

#include "core/file.h"
#include "formats/layout.h"
#include "formats/onnx_construction.h"
#include "formats/onnx_image.h"
#include "ops/conv2d.h"
#include "ops/maxpool2d.h"

#include <string.h>

/* What readers of protobuf take; most of a file is parameters, and with pictures of one size the matrices that crop and
 * resample them. */
static const uint64_t most_bytes = INT32_MAX;

static const char probability_name[] = "probability";

/* A file under construction. */
typedef struct construction {
    const lvk_onnx_model *model;
    lvk_onnx_construction base;
    const char **names; /* [tensor of the graph] its name; NULL before there is a node that computes it */
    Onnx__ModelProto file;
} construction;

/* Appends a parameter of the graph, in the layout of ONNX, and returns its name. */
static const char *add_parameter(construction *c, int tensor) {
    const lvk_graph *graph = c->model->graph;
    const lvk_tensor *parameter = &graph->tensors[tensor];
    const lvk_type type = lvk_layout_channels_first_type(graph, tensor);
    float *values = lvk_onnx_allocate(&c->base, (size_t)lvk_type_count(&type), sizeof *values);
    if (values)
        lvk_layout_channels_first(graph, tensor, c->model->block + parameter->offset / sizeof *values,
                                  values);
    return lvk_onnx_add_floats(&c->base, parameter->name, type.rank, type.dim, values);
}

/* ---- operators ---- */

/* The names of a node's inputs: an activation has the name of the node that computes it, a parameter its own.
 * NULL after a failure. */
static const char **input_names(construction *c, const lvk_node *node) {
    const char **names = lvk_onnx_allocate(&c->base, LVK_MAX_INPUTS, sizeof *names);
    for (int i = 0; names && i < node->call.input_count; ++i) {
        const int tensor = node->inputs[i];
        const bool parameter = c->model->graph->tensors[tensor].role == LVK_ROLE_PARAMETER;
        names[i] = parameter ? add_parameter(c, tensor) : c->names[tensor];
    }
    return c->base.status == LVK_OK ? names : NULL;
}

static void add_conv(construction *c, const lvk_node *node, const char *const *inputs) {
    const lvk_conv2d_attributes *conv = node->call.attributes;
    const uint32_t *kernel = node->call.inputs[1].dim;
    Onnx__NodeProto *added =
        lvk_onnx_add_node(&c->base, "Conv", node->label, (size_t)node->call.input_count, inputs);
    lvk_onnx_set_integers(&c->base, added, "kernel_shape", 2, kernel);
    lvk_onnx_set_integers(&c->base, added, "strides", 2, (uint32_t[]){conv->stride_h, conv->stride_w});
    lvk_onnx_set_integers(&c->base, added, "pads", 4,
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
        c->base.status =
            lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: zeros around an image that is not a ReLU's", node->label);
        return;
    }
    Onnx__NodeProto *added = lvk_onnx_add_node(&c->base, "MaxPool", node->label, 1, inputs);
    lvk_onnx_set_integers(&c->base, added, "kernel_shape", 2, (uint32_t[]){pool->window_h, pool->window_w});
    lvk_onnx_set_integers(&c->base, added, "strides", 2, (uint32_t[]){pool->stride_h, pool->stride_w});
    lvk_onnx_set_integers(&c->base, added, "pads", 4,
                          (uint32_t[]){pool->pad_top, pool->pad_left, pool->pad_bottom, pool->pad_right});
}

static void add_flatten(construction *c, const char *name, const char *input) {
    lvk_onnx_set_integer(&c->base, lvk_onnx_add_node(&c->base, "Flatten", name, 1, &input), "axis", 1);
}

static void add_average(construction *c, const lvk_node *node, const char *const *inputs) {
    const char *image = lvk_onnx_join(&c->base, node->label, "/image");
    if (image && lvk_onnx_add_node(&c->base, "GlobalAveragePool", image, 1, inputs))
        add_flatten(c, node->label, image);
}

static void add_dense(construction *c, const lvk_node *node, const char *const *inputs) {
    lvk_onnx_set_integer(&c->base, lvk_onnx_add_node(&c->base, "Gemm", node->label, 3, inputs), "transB", 1);
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
        (void)lvk_onnx_add_node(&c->base, "Relu", node->label, 1, inputs);
        break;
    case LVK_OP_add:
        (void)lvk_onnx_add_node(&c->base, "Add", node->label, 2, inputs);
        break;
    default:
        c->base.status = lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: operator %s has no translation to ONNX",
                                  node->label, lvk_op_get(node->call.op)->name);
    }
    c->names[node->outputs[0]] = node->label;
}

/* Appends the normalization of pixels, by a 1x1 convolution. */
static void add_normalization(construction *c, const char *resized) {
    static const char name[] = "normalize";
    float *scale = lvk_onnx_allocate(&c->base, 9, sizeof *scale),
          *shift = lvk_onnx_allocate(&c->base, 3, sizeof *shift);
    if (!scale || !shift)
        return;
    memcpy(scale, c->model->scale, sizeof c->model->scale);
    memcpy(shift, c->model->shift, sizeof c->model->shift);
    const char *inputs[3] = {
        resized, lvk_onnx_add_floats(&c->base, "normalize/kernel", 4, (uint32_t[]){3, 3, 1, 1}, scale),
        lvk_onnx_add_floats(&c->base, "normalize/bias", 1, (uint32_t[]){3}, shift)};
    if (inputs[0] && inputs[1] && inputs[2])
        lvk_onnx_set_integers(&c->base, lvk_onnx_add_node(&c->base, "Conv", name, 3, inputs), "kernel_shape",
                              2, (uint32_t[]){1, 1});
    c->names[c->model->input] = name;
}

/* ---- the whole ---- */

/* "Probabilities of the classes Benign, Early, Pre" */
static const char *class_list(construction *c) {
    const char *list = "Probabilities of the classes ";
    for (uint32_t k = 0; k < c->model->class_count && list; ++k)
        list =
            lvk_onnx_join(&c->base, lvk_onnx_join(&c->base, list, k ? ", " : ""), c->model->class_names[k]);
    return list;
}

static void describe_output(construction *c) {
    const uint32_t outputs = c->model->graph->tensors[c->model->logits].type.dim[1];
    const lvk_onnx_value output = {
        .name = probability_name,
        .meaning = c->model->class_count ? class_list(c)
                                         : lvk_onnx_join(&c->base, "Probability of the positive class, ",
                                                         c->model->positive_class),
        .type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
        .rank = 2,
        .symbols = {"N"},
        .sizes = {0, outputs}};
    c->base.graph.output = lvk_onnx_allocate(&c->base, 1, sizeof *c->base.graph.output);
    if (c->base.graph.output)
        c->base.graph.output[c->base.graph.n_output++] = lvk_onnx_describe(&c->base, &output);
}

/* A sigmoid, or of three and more classes a softmax, of the logits, over the temperature where there is one. */
static void add_probability(construction *c) {
    static const char name[] = "calibrate";
    const char *inputs[2] = {c->names[c->model->logits], NULL};
    if (c->model->temperature != 1) {
        float *value = lvk_onnx_allocate(&c->base, 1, sizeof *value);
        if (!value)
            return;
        *value = c->model->temperature;
        inputs[1] = lvk_onnx_add_floats(&c->base, "calibrate/temperature", 1, (uint32_t[]){1}, value);
        if (inputs[1])
            (void)lvk_onnx_add_node(&c->base, "Div", name, 2, inputs);
        inputs[0] = name;
    }
    if (c->model->class_count)
        lvk_onnx_set_integer(&c->base, lvk_onnx_add_node(&c->base, "Softmax", probability_name, 1, inputs),
                             "axis", 1);
    else
        (void)lvk_onnx_add_node(&c->base, "Sigmoid", probability_name, 1, inputs);
}

static void build_graph(construction *c) {
    const lvk_graph *graph = c->model->graph;
    const uint32_t size = graph->tensors[c->model->input].type.dim[1];
    c->names = lvk_onnx_allocate(&c->base, graph->tensor_count, sizeof *c->names);
    c->base.graph.name = lvk_onnx_text(&c->base, c->model->name);
    describe_output(c);
    if (c->base.status != LVK_OK)
        return;
    add_normalization(c, lvk_onnx_image_add(&c->base, &c->model->image, size));
    for (size_t n = 0; n < graph->node_count && c->base.status == LVK_OK; ++n)
        add_operator(c, &graph->nodes[n]);
    if (c->base.status == LVK_OK)
        add_probability(c);
}

static void add_metadata(construction *c) {
    const lvk_string_map *map = c->model->metadata;
    Onnx__StringStringEntryProto *entries = lvk_onnx_allocate(&c->base, map->count, sizeof *entries);
    c->file.metadata_props = lvk_onnx_allocate(&c->base, map->count, sizeof(Onnx__StringStringEntryProto *));
    for (size_t i = 0; i < map->count && c->base.status == LVK_OK; ++i) {
        onnx__string_string_entry_proto__init(&entries[i]);
        entries[i].key = lvk_onnx_text(&c->base, map->pairs[i].key);
        entries[i].value = lvk_onnx_text(&c->base, map->pairs[i].value);
        c->file.metadata_props[c->file.n_metadata_props++] = &entries[i];
    }
}

static void build_file(construction *c) {
    Onnx__OperatorSetIdProto *set = lvk_onnx_allocate(&c->base, 1, sizeof *set);
    c->file.opset_import = lvk_onnx_allocate(&c->base, 1, sizeof(Onnx__OperatorSetIdProto *));
    if (!set || !c->file.opset_import)
        return;
    onnx__operator_set_id_proto__init(set);
    set->version = LVK_ONNX_OPERATOR_SET;
    c->file.opset_import[0] = set;
    c->file.n_opset_import = 1;
    c->file.ir_version = LVK_ONNX_IR_VERSION;
    c->file.producer_name = lvk_onnx_text(&c->base, "leukvk");
    c->file.producer_version = lvk_onnx_text(&c->base, c->model->producer_version);
    c->file.doc_string = lvk_onnx_text(&c->base, "For research and teaching. Not a medical device.");
    c->file.graph = &c->base.graph;
    add_metadata(c);
}

static lvk_status pack(const char *path, const Onnx__ModelProto *file) {
    const size_t size = onnx__model_proto__get_packed_size(file);
    if (size > most_bytes)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: not written: %llu bytes, more than an ONNX file has", path,
                        (unsigned long long)size);
    uint8_t *bytes = lvk_alloc(size, 1);
    if (!bytes)
        return LVK_ERROR_MEMORY;
    const lvk_status status = lvk_file_write(path, bytes, onnx__model_proto__pack(file, bytes));
    lvk_free(bytes);
    return status;
}

lvk_status lvk_onnx_write(const char *path, const lvk_onnx_model *model) {
    construction c = {.model = model};
    onnx__model_proto__init(&c.file);
    lvk_onnx_init(&c.base);
    build_graph(&c);
    if (c.base.status == LVK_OK)
        build_file(&c);
    lvk_status status = c.base.status == LVK_OK ? pack(path, &c.file) : c.base.status;
    if (status == LVK_ERROR_UNSUPPORTED)
        status = lvk_fail_within(status, "%s: not written", path);
    lvk_onnx_finish(&c.base);
    return status;
}
