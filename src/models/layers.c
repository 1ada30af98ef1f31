#include "models/layers.h"

#include "ops/batchnorm.h"
#include "ops/conv2d.h"
#include "ops/dropout.h"
#include "ops/maxpool2d.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const lvk_type *type_of(const lvk_builder *builder, int tensor) {
    static const lvk_type none = {.rank = 4};
    return tensor == LVK_NONE ? &none : &builder->graph->tensors[tensor].type;
}

static int add_any_parameter(lvk_builder *builder, const char *layer, const char *name, lvk_type type,
                             lvk_initializer initializer, uint32_t fan_in, uint32_t fan_out, bool trainable) {
    lvk_graph *graph = builder->graph;
    if (lvk_graph_status(graph) == LVK_OK && builder->parameter_count == LVK_MAX_PARAMETERS)
        graph->status = lvk_fail(LVK_ERROR_LIMIT, "%s: more than %d parameters", layer, LVK_MAX_PARAMETERS);
    char full[160];
    snprintf(full, sizeof full, "%s/%s", layer, name);
    const int tensor = lvk_graph_parameter(graph, full, type, trainable && !builder->frozen);
    if (tensor != LVK_NONE)
        builder->parameters[builder->parameter_count++] = (lvk_parameter){.tensor = tensor,
                                                                          .initializer = initializer,
                                                                          .fan_in = fan_in,
                                                                          .fan_out = fan_out,
                                                                          .stage = builder->stage};
    return tensor;
}

static int add_parameter(lvk_builder *builder, const char *layer, const char *name, lvk_type type,
                         lvk_initializer initializer, uint32_t fan_in, uint32_t fan_out) {
    return add_any_parameter(builder, layer, name, type, initializer, fan_in, fan_out, true);
}

const lvk_tensor *lvk_parameter_find(const lvk_builder *builder, const char *name) {
    const lvk_tensor *found = NULL;
    for (size_t p = 0; p < builder->parameter_count && !found; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        found = strcmp(tensor->name, name) == 0 ? tensor : NULL;
    }
    return found;
}

void lvk_parameter_set(const lvk_builder *builder, const char *name, const double *values, float *block) {
    const lvk_tensor *tensor = lvk_parameter_find(builder, name);
    for (uint64_t i = 0; i < lvk_type_count(&tensor->type); ++i)
        block[tensor->offset / sizeof *block + i] = (float)values[i];
}

/* Notes a layer, whose last tensor is `output`. Before it, the graph had `first_node` nodes and the builder
 * `first_parameter` parameters. */
static int finish_layer(lvk_builder *builder, const char *name, const char *kind, int output,
                        size_t first_node, size_t first_parameter) {
    lvk_graph *graph = builder->graph;
    if (output == LVK_NONE || builder->layer_count == LVK_MAX_LAYERS)
        return output;
    lvk_layer_summary *layer = &builder->layers[builder->layer_count];
    const lvk_type *type = type_of(builder, output);
    *layer = (lvk_layer_summary){.name = lvk_arena_strdup(&graph->arena, name),
                                 .kind = lvk_arena_strdup(&graph->arena, kind),
                                 .rank = type->rank - 1};
    if (!layer->name || !layer->kind) {
        graph->status = LVK_ERROR_MEMORY;
        return LVK_NONE;
    }
    memcpy(layer->shape, type->dim + 1, sizeof *layer->shape * (size_t)layer->rank);
    for (size_t p = first_parameter; p < builder->parameter_count; ++p)
        layer->parameters += lvk_type_count(type_of(builder, builder->parameters[p].tensor));
    for (size_t n = first_node; n < graph->node_count; ++n) {
        const lvk_call *call = &graph->nodes[n].call;
        if (lvk_op_get(call->op)->flops)
            layer->flops += lvk_op_get(call->op)->flops(call) / type->dim[0];
    }
    ++builder->layer_count;
    return output;
}

static int apply_relu(lvk_builder *builder, const char *name, int x) {
    char label[160];
    snprintf(label, sizeof label, "%s/relu", name);
    return LVK_APPLY(builder->graph, label, LVK_OP_relu, NULL, x);
}

int lvk_layer_conv2d(lvk_builder *builder, const char *name, int x, uint32_t filters, uint32_t kernel,
                     bool relu) {
    lvk_graph *graph = builder->graph;
    const size_t node = graph->node_count, parameter = builder->parameter_count;
    const uint32_t channels = type_of(builder, x)->dim[3], area = kernel * kernel;
    const lvk_conv2d_attributes attributes = lvk_conv2d_valid(1, 1);
    const int w =
        add_parameter(builder, name, "kernel", lvk_type_4d(LVK_F32, kernel, kernel, channels, filters),
                      LVK_INIT_GLOROT_UNIFORM, area * channels, area * filters);
    const int b = add_parameter(builder, name, "bias", lvk_type_1d(LVK_F32, filters), LVK_INIT_ZEROS, 0, 0);
    int y = LVK_APPLY(graph, name, LVK_OP_conv2d, &attributes, x, w, b);
    if (relu)
        y = apply_relu(builder, name, y);
    char kind[80];
    snprintf(kind, sizeof kind, "conv %" PRIu32 "×%" PRIu32 " valid%s", kernel, kernel, relu ? ", ReLU" : "");
    return finish_layer(builder, name, kind, y, node, parameter);
}

/* Adds one of a norm's vectors, [channels]. */
static int add_channels(lvk_builder *builder, const lvk_conv_norm *layer, const char *name,
                        lvk_initializer initializer, bool trainable) {
    return add_any_parameter(builder, layer->norm, name, lvk_type_1d(LVK_F32, layer->filters), initializer, 0,
                             0, trainable);
}

/* Notes a running average. The array has room, since there are fewer averages than parameters. */
static void note_average(lvk_builder *builder, const lvk_conv_norm *layer, int average, int value) {
    const char *label = lvk_arena_strdup(&builder->graph->arena, layer->norm);
    if (!label)
        builder->graph->status = LVK_ERROR_MEMORY;
    if (average != LVK_NONE)
        builder->averages[builder->average_count++] =
            (lvk_running_average){.label = label, .average = average, .value = value, .decay = layer->decay};
}

static int apply_norm(lvk_builder *builder, const lvk_conv_norm *layer, int x) {
    lvk_graph *graph = builder->graph;
    const lvk_batchnorm_attributes attributes = {.epsilon = layer->epsilon};
    const bool moving = builder->batch_statistics && !builder->frozen;
    const int gamma = add_channels(builder, layer, "gamma", LVK_INIT_ONES, builder->batch_statistics);
    const int beta = add_channels(builder, layer, "beta", LVK_INIT_ZEROS, builder->batch_statistics);
    const int mean = add_channels(builder, layer, "moving_mean", LVK_INIT_ZEROS, false);
    const int variance = add_channels(builder, layer, "moving_variance", LVK_INIT_ONES, false);
    const bool by_batch = moving && builder->training;
    const int y = by_batch ? LVK_APPLY(graph, layer->norm, LVK_OP_batchnorm, &attributes, x, gamma, beta)
                           : LVK_APPLY(graph, layer->norm, LVK_OP_batchnorm_inference, &attributes, x, gamma,
                                       beta, mean, variance);
    if (moving) {
        note_average(builder, layer, mean, by_batch ? lvk_graph_output(graph, y, 1) : LVK_NONE);
        note_average(builder, layer, variance, by_batch ? lvk_graph_output(graph, y, 2) : LVK_NONE);
    }
    return y;
}

/* Notes that the norm of a layer is folded into the parameters from number `first` on. */
static void note_folded(lvk_builder *builder, const char *layer, float epsilon, bool of_input, size_t first) {
    const char *norm = lvk_arena_strdup(&builder->graph->arena, layer);
    if (!norm)
        builder->graph->status = LVK_ERROR_MEMORY;
    for (size_t p = first; p < builder->parameter_count; ++p) {
        builder->parameters[p].norm = norm;
        builder->parameters[p].epsilon = epsilon;
        builder->parameters[p].norm_of_input = of_input;
    }
}

int lvk_layer_conv_norm(lvk_builder *builder, const lvk_conv_norm *layer, int x, bool relu) {
    lvk_graph *graph = builder->graph;
    const size_t node = graph->node_count, parameter = builder->parameter_count;
    const uint32_t k = layer->kernel, channels = type_of(builder, x)->dim[3], filters = layer->filters;
    const lvk_conv2d_attributes attributes = {.stride_h = layer->stride,
                                              .stride_w = layer->stride,
                                              .pad_top = layer->padding,
                                              .pad_left = layer->padding,
                                              .pad_bottom = layer->padding,
                                              .pad_right = layer->padding};
    const int w = add_parameter(builder, layer->conv, "kernel", lvk_type_4d(LVK_F32, k, k, channels, filters),
                                LVK_INIT_GLOROT_UNIFORM, k * k * channels, k * k * filters);
    int y;
    if (layer->bias || layer->folded) {
        const int b =
            add_parameter(builder, layer->conv, "bias", lvk_type_1d(LVK_F32, filters), LVK_INIT_ZEROS, 0, 0);
        y = LVK_APPLY(graph, layer->conv, LVK_OP_conv2d, &attributes, x, w, b);
    } else {
        y = LVK_APPLY(graph, layer->conv, LVK_OP_conv2d, &attributes, x, w);
    }
    if (!layer->folded)
        y = apply_norm(builder, layer, y);
    else
        note_folded(builder, layer->norm, layer->epsilon, false, parameter);
    if (relu)
        y = apply_relu(builder, layer->conv, y);
    char kind[80];
    snprintf(kind, sizeof kind, "conv %" PRIu32 "×%" PRIu32 "%s%s%s", k, k,
             layer->stride == 2 ? " stride 2" : "", layer->folded ? "" : ", batch norm",
             relu ? ", ReLU" : "");
    return finish_layer(builder, layer->conv, kind, y, node, parameter);
}

/* Is added to the variance: so little that features which vary little count in full. */
#define STANDARDIZE_EPSILON 1e-12F

int lvk_layer_standardize(lvk_builder *builder, const char *name, int x) {
    static const struct {
        const char *name;
        lvk_initializer initializer;
    } vectors[] = {{"gamma", LVK_INIT_ONES},
                   {"beta", LVK_INIT_ZEROS},
                   {"moving_mean", LVK_INIT_ZEROS},
                   {"moving_variance", LVK_INIT_ONES}};
    const size_t node = builder->graph->node_count, parameter = builder->parameter_count;
    const lvk_batchnorm_attributes attributes = {.epsilon = STANDARDIZE_EPSILON};
    const lvk_type features = lvk_type_1d(LVK_F32, type_of(builder, x)->dim[1]);
    int p[4];
    for (int i = 0; i < 4; ++i)
        p[i] =
            add_any_parameter(builder, name, vectors[i].name, features, vectors[i].initializer, 0, 0, false);
    const int y =
        LVK_APPLY(builder->graph, name, LVK_OP_batchnorm_inference, &attributes, x, p[0], p[1], p[2], p[3]);
    return finish_layer(builder, name, "standardize", y, node, parameter);
}

void lvk_layer_fold_standardize(lvk_builder *builder, const char *name, size_t first) {
    note_folded(builder, name, STANDARDIZE_EPSILON, true, first);
}

int lvk_layer_residual(lvk_builder *builder, const char *name, int x, int shortcut) {
    const size_t node = builder->graph->node_count, parameter = builder->parameter_count;
    const int sum = LVK_APPLY(builder->graph, name, LVK_OP_add, NULL, x, shortcut);
    return finish_layer(builder, name, "add, ReLU", apply_relu(builder, name, sum), node, parameter);
}

int lvk_layer_global_average_pool(lvk_builder *builder, const char *name, int x) {
    const size_t node = builder->graph->node_count, parameter = builder->parameter_count;
    const int y = LVK_APPLY(builder->graph, name, LVK_OP_global_average_pool, NULL, x);
    return finish_layer(builder, name, "global average pooling", y, node, parameter);
}

int lvk_layer_maxpool2d(lvk_builder *builder, const char *name, int x, uint32_t window, uint32_t stride,
                        uint32_t padding) {
    const size_t node = builder->graph->node_count, parameter = builder->parameter_count;
    const lvk_maxpool2d_attributes attributes = {.window_h = window,
                                                 .window_w = window,
                                                 .stride_h = stride,
                                                 .stride_w = stride,
                                                 .pad_top = padding,
                                                 .pad_left = padding,
                                                 .pad_bottom = padding,
                                                 .pad_right = padding};
    const int y = LVK_APPLY(builder->graph, name, LVK_OP_maxpool2d, &attributes, x);
    char kind[80], step[32] = "";
    if (stride != window)
        snprintf(step, sizeof step, " stride %" PRIu32, stride);
    snprintf(kind, sizeof kind, "max pooling %" PRIu32 "×%" PRIu32 "%s%s", window, window, step,
             padding ? ", zeros around" : "");
    return finish_layer(builder, name, kind, y, node, parameter);
}

int lvk_layer_flatten(lvk_builder *builder, const char *name, int x) {
    const size_t node = builder->graph->node_count, parameter = builder->parameter_count;
    const int y = LVK_APPLY(builder->graph, name, LVK_OP_flatten, NULL, x);
    return finish_layer(builder, name, "flatten", y, node, parameter);
}

int lvk_layer_dense(lvk_builder *builder, const char *name, int x, uint32_t units, bool relu) {
    lvk_graph *graph = builder->graph;
    const size_t node = graph->node_count, parameter = builder->parameter_count;
    const uint32_t inputs = type_of(builder, x)->dim[1];
    const int w = add_parameter(builder, name, "kernel", lvk_type_2d(LVK_F32, inputs, units),
                                LVK_INIT_GLOROT_UNIFORM, inputs, units);
    const int b = add_parameter(builder, name, "bias", lvk_type_1d(LVK_F32, units), LVK_INIT_ZEROS, 0, 0);
    int y = LVK_APPLY(graph, name, LVK_OP_dense, NULL, x, w, b);
    if (relu)
        y = apply_relu(builder, name, y);
    return finish_layer(builder, name, relu ? "dense, ReLU" : "dense", y, node, parameter);
}

void lvk_layer_checkpoint(lvk_builder *builder, int x) {
    lvk_graph_mark_checkpoint(builder->graph, x);
}

void lvk_layer_feature_map(lvk_builder *builder, int x) {
    builder->feature_map = x;
}

int lvk_layer_dropout(lvk_builder *builder, const char *name, int x, double rate) {
    const size_t node = builder->graph->node_count, parameter = builder->parameter_count;
    int y = x;
    if (builder->training && rate > 0) {
        const lvk_dropout_attributes attributes = {.rate = (float)rate,
                                                   .layer = (uint32_t)builder->dropout_layers};
        y = LVK_APPLY(builder->graph, name, LVK_OP_dropout, &attributes, x, builder->keys);
    }
    ++builder->dropout_layers;
    return finish_layer(builder, name, "dropout (training only)", y, node, parameter);
}
