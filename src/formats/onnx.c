#include "formats/onnx.h"

#include "core/file.h"
#include "formats/layout.h"
#include "formats/onnx_construction.h"
#include "formats/onnx_image.h"
#include "ops/conv2d.h"
#include "ops/maxpool2d.h"

#include <stdio.h>
#include <string.h>

/* What readers of protobuf take; most of a file is parameters, and with pictures of one size the matrices that crop and
 * resample them. */
static const uint64_t most_bytes = INT32_MAX;

static const char probability_name[] = "probability";

/* A file under construction. */
typedef struct construction {
    const lvk_onnx_model *model;
    const lvk_onnx_member *member; /* the one that is being added */
    const char *prefix;            /* of its names; "": there is one */
    lvk_onnx_construction base;
    const char **names; /* [tensor of its graph] its name; NULL before there is a node that computes it */
    Onnx__ModelProto file;
} construction;

/* A name of something that belongs to the member. */
static const char *own_name(construction *c, const char *name) {
    return *c->prefix ? lvk_onnx_join(&c->base, c->prefix, name) : name;
}

/* Appends a parameter of the graph, in the layout of ONNX, and returns its name. */
static const char *add_parameter(construction *c, int tensor) {
    const lvk_graph *graph = c->member->graph;
    const lvk_tensor *parameter = &graph->tensors[tensor];
    const lvk_type type = lvk_layout_channels_first_type(graph, tensor);
    float *values = lvk_onnx_allocate(&c->base, (size_t)lvk_type_count(&type), sizeof *values);
    if (values)
        lvk_layout_channels_first(graph, tensor, c->member->block + parameter->offset / sizeof *values,
                                  values);
    return lvk_onnx_add_floats(&c->base, own_name(c, parameter->name), type.rank, type.dim, values);
}

/* ---- operators ---- */

/* The names of a node's inputs: an activation has the name of the node that computes it, a parameter its own.
 * NULL after a failure. */
static const char **input_names(construction *c, const lvk_node *node) {
    const char **names = lvk_onnx_allocate(&c->base, LVK_MAX_INPUTS, sizeof *names);
    for (int i = 0; names && i < node->call.input_count; ++i) {
        const int tensor = node->inputs[i];
        const bool parameter = c->member->graph->tensors[tensor].role == LVK_ROLE_PARAMETER;
        names[i] = parameter ? add_parameter(c, tensor) : c->names[tensor];
    }
    return c->base.status == LVK_OK ? names : NULL;
}

static void add_conv(construction *c, const lvk_node *node, const char *name, const char *const *inputs) {
    const lvk_conv2d_attributes *conv = node->call.attributes;
    const uint32_t *kernel = node->call.inputs[1].dim;
    Onnx__NodeProto *added =
        lvk_onnx_add_node(&c->base, "Conv", name, (size_t)node->call.input_count, inputs);
    lvk_onnx_set_integers(&c->base, added, "kernel_shape", 2, kernel);
    lvk_onnx_set_integers(&c->base, added, "strides", 2, (uint32_t[]){conv->stride_h, conv->stride_w});
    lvk_onnx_set_integers(&c->base, added, "pads", 4,
                          (uint32_t[]){conv->pad_top, conv->pad_left, conv->pad_bottom, conv->pad_right});
}

/* Appends a max pooling. ONNX pads with values that are never the maximum, the model with zeros; after a ReLU
 * both give the same. */
static void add_pool(construction *c, const lvk_node *node, const char *name, const char *const *inputs) {
    const lvk_graph *graph = c->member->graph;
    const lvk_maxpool2d_attributes *pool = node->call.attributes;
    const int producer = graph->tensors[node->inputs[0]].producer;
    const bool positive = producer != LVK_NONE && graph->nodes[producer].call.op == LVK_OP_relu;
    if (lvk_maxpool2d_is_padded(pool) && !positive) {
        c->base.status =
            lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: zeros around an image that is not a ReLU's", node->label);
        return;
    }
    Onnx__NodeProto *added = lvk_onnx_add_node(&c->base, "MaxPool", name, 1, inputs);
    lvk_onnx_set_integers(&c->base, added, "kernel_shape", 2, (uint32_t[]){pool->window_h, pool->window_w});
    lvk_onnx_set_integers(&c->base, added, "strides", 2, (uint32_t[]){pool->stride_h, pool->stride_w});
    lvk_onnx_set_integers(&c->base, added, "pads", 4,
                          (uint32_t[]){pool->pad_top, pool->pad_left, pool->pad_bottom, pool->pad_right});
}

static void add_flatten(construction *c, const char *name, const char *input) {
    lvk_onnx_set_integer(&c->base, lvk_onnx_add_node(&c->base, "Flatten", name, 1, &input), "axis", 1);
}

static void add_average(construction *c, const char *name, const char *const *inputs) {
    const char *image = lvk_onnx_join(&c->base, name, "/image");
    if (image && lvk_onnx_add_node(&c->base, "GlobalAveragePool", image, 1, inputs))
        add_flatten(c, name, image);
}

static void add_dense(construction *c, const char *name, const char *const *inputs) {
    lvk_onnx_set_integer(&c->base, lvk_onnx_add_node(&c->base, "Gemm", name, 3, inputs), "transB", 1);
}

static void add_operator(construction *c, const lvk_node *node) {
    const char *const *inputs = input_names(c, node);
    const char *name = own_name(c, node->label);
    if (!inputs || !name)
        return;
    switch (node->call.op) {
    case LVK_OP_conv2d:
        add_conv(c, node, name, inputs);
        break;
    case LVK_OP_maxpool2d:
        add_pool(c, node, name, inputs);
        break;
    case LVK_OP_dense:
        add_dense(c, name, inputs);
        break;
    case LVK_OP_global_average_pool:
        add_average(c, name, inputs);
        break;
    case LVK_OP_flatten:
        add_flatten(c, name, inputs[0]);
        break;
    case LVK_OP_relu:
        (void)lvk_onnx_add_node(&c->base, "Relu", name, 1, inputs);
        break;
    case LVK_OP_add:
        (void)lvk_onnx_add_node(&c->base, "Add", name, 2, inputs);
        break;
    default:
        c->base.status = lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: operator %s has no translation to ONNX",
                                  node->label, lvk_op_get(node->call.op)->name);
    }
    c->names[node->outputs[0]] = name;
}

/* Appends the normalization of pixels, by a 1x1 convolution. */
static void add_normalization(construction *c, const char *resized) {
    const char *name = own_name(c, "normalize");
    float *scale = lvk_onnx_allocate(&c->base, 9, sizeof *scale),
          *shift = lvk_onnx_allocate(&c->base, 3, sizeof *shift);
    if (!scale || !shift)
        return;
    memcpy(scale, c->member->scale, sizeof c->member->scale);
    memcpy(shift, c->member->shift, sizeof c->member->shift);
    const char *inputs[3] = {
        resized,
        lvk_onnx_add_floats(&c->base, own_name(c, "normalize/kernel"), 4, (uint32_t[]){3, 3, 1, 1}, scale),
        lvk_onnx_add_floats(&c->base, own_name(c, "normalize/bias"), 1, (uint32_t[]){3}, shift)};
    if (inputs[0] && inputs[1] && inputs[2])
        lvk_onnx_set_integers(&c->base, lvk_onnx_add_node(&c->base, "Conv", name, 3, inputs), "kernel_shape",
                              2, (uint32_t[]){1, 1});
    c->names[c->member->input] = name;
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
    const lvk_onnx_member *first = c->model->members;
    const uint32_t outputs = first->graph->tensors[first->logits].type.dim[1];
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

/* A division by the temperature, with which begin the names of both; 1: none. Returns the name of the result. */
static const char *divide(construction *c, const char *name, const char *logits, float temperature) {
    if (temperature == 1)
        return logits;
    const char *constant = lvk_onnx_join(&c->base, name, "/temperature");
    float *value = lvk_onnx_allocate(&c->base, 1, sizeof *value);
    if (!value || !constant)
        return NULL;
    *value = temperature;
    const char *inputs[2] = {logits, lvk_onnx_add_floats(&c->base, constant, 1, (uint32_t[]){1}, value)};
    return inputs[1] && lvk_onnx_add_node(&c->base, "Div", name, 2, inputs) ? name : NULL;
}

/* A sigmoid, or of three and more classes a softmax. */
static void add_probability(construction *c, const char *name, const char *logits) {
    if (!logits)
        return;
    if (c->model->class_count)
        lvk_onnx_set_integer(&c->base, lvk_onnx_add_node(&c->base, "Softmax", name, 1, &logits), "axis", 1);
    else
        (void)lvk_onnx_add_node(&c->base, "Sigmoid", name, 1, &logits);
}

/* Appends the network of a member, and the probability `name` of its logits. */
static void add_member(construction *c, const char *image, const char *name) {
    const lvk_graph *graph = c->member->graph;
    c->names = lvk_onnx_allocate(&c->base, graph->tensor_count, sizeof *c->names);
    if (!c->names)
        return;
    add_normalization(c, image);
    for (size_t n = 0; n < graph->node_count && c->base.status == LVK_OK; ++n)
        add_operator(c, &graph->nodes[n]);
    if (c->base.status == LVK_OK)
        add_probability(
            c, name,
            divide(c, own_name(c, "calibrate"), c->names[c->member->logits], c->member->temperature));
}

/* The logits of the mean's probabilities: log(p / (1 - p)), or log p of every class, which a softmax takes as well. */
static const char *logits_of(construction *c, const char *mean) {
    static const char log_name[] = "mean/log", rest[] = "mean/rest", log_rest[] = "mean/log_rest",
                      logit[] = "mean/logit";
    (void)lvk_onnx_add_node(&c->base, "Log", log_name, 1, &mean);
    if (c->model->class_count)
        return log_name;
    float *one = lvk_onnx_allocate(&c->base, 1, sizeof *one);
    if (!one)
        return NULL;
    *one = 1;
    const char *of_rest[2] = {lvk_onnx_add_floats(&c->base, "mean/one", 1, (uint32_t[]){1}, one), mean};
    const char *const of_log[1] = {rest}, *const of_logit[2] = {log_name, log_rest};
    if (!of_rest[0])
        return NULL;
    (void)lvk_onnx_add_node(&c->base, "Sub", rest, 2, of_rest);
    (void)lvk_onnx_add_node(&c->base, "Log", log_rest, 1, of_log);
    return lvk_onnx_add_node(&c->base, "Sub", logit, 2, of_logit) ? logit : NULL;
}

/* Appends the mean of the members' probabilities `names`, added in their order. */
static void add_mean(construction *c, const char *const *names) {
    const uint32_t count = c->model->member_count;
    const bool tempered = c->model->temperature != 1;
    float *share = lvk_onnx_allocate(&c->base, 1, sizeof *share);
    const char *sum = names[0];
    for (uint32_t m = 1; m < count && sum; ++m) {
        const char *const summands[2] = {sum, names[m]};
        sum = lvk_onnx_join(&c->base, names[m], "/sum");
        if (sum)
            (void)lvk_onnx_add_node(&c->base, "Add", sum, 2, summands);
    }
    if (!share || !sum)
        return;
    *share = 1 / (float)count;
    const char *factors[2] = {sum, lvk_onnx_add_floats(&c->base, "mean/share", 1, (uint32_t[]){1}, share)};
    if (!factors[1])
        return;
    const char *mean = tempered ? "mean" : probability_name;
    (void)lvk_onnx_add_node(&c->base, "Mul", mean, 2, factors);
    if (tempered)
        add_probability(c, probability_name,
                        divide(c, "calibrate", logits_of(c, mean), c->model->temperature));
}

/* "member_1/" */
static const char *prefix_of(construction *c, uint32_t member) {
    char number[16];
    snprintf(number, sizeof number, "%u/", (unsigned)member + 1);
    return lvk_onnx_join(&c->base, "member_", number);
}

static void build_graph(construction *c) {
    const uint32_t count = c->model->member_count;
    const lvk_onnx_member *first = c->model->members;
    const char **names = lvk_onnx_allocate(&c->base, count, sizeof *names);
    c->base.graph.name = lvk_onnx_text(&c->base, c->model->name);
    describe_output(c);
    if (c->base.status != LVK_OK)
        return;
    const char *image =
        lvk_onnx_image_add(&c->base, &c->model->image, first->graph->tensors[first->input].type.dim[1]);
    for (uint32_t m = 0; m < count && c->base.status == LVK_OK; ++m) {
        c->member = first + m;
        c->prefix = count > 1 ? prefix_of(c, m) : "";
        names[m] = c->prefix ? own_name(c, probability_name) : NULL;
        if (names[m])
            add_member(c, image, names[m]);
    }
    if (count > 1 && c->base.status == LVK_OK)
        add_mean(c, names);
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
