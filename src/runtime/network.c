#include "runtime/network.h"

#include "ops/accumulate.h"
#include "ops/l2.h"
#include "ops/moving_average.h"
#include "ops/resample.h"
#include "runtime/feature_map.h"

#include <math.h>
#include <string.h>

/* Adds lambda * sum(w^2) for every kernel to the loss. */
static int add_penalty(lvk_pass *pass, int loss, double lambda) {
    const lvk_l2_attributes attributes = {.lambda = (float)lambda};
    for (size_t p = 0; lambda > 0 && p < pass->builder->parameter_count; ++p) {
        const lvk_parameter *parameter = &pass->builder->parameters[p];
        if (!lvk_optimizer_restrains(&pass->graph, parameter))
            continue;
        const int penalty = LVK_APPLY(&pass->graph, "l2", LVK_OP_l2, &attributes, parameter->tensor);
        loss = LVK_APPLY(&pass->graph, "loss", LVK_OP_add, NULL, loss, penalty);
    }
    return loss;
}

/* Appends operator `resample`, which makes the model's images from crops. */
static int append_resample(lvk_pass *pass, const lvk_model *model, const lvk_network_config *config) {
    lvk_graph *graph = &pass->graph;
    const uint32_t side = config->crop_side;
    const uint32_t output = lvk_model_image_size(model, &config->model);
    const double scale = (double)side / output * (1 + config->zoom);
    const lvk_resample_attributes attributes = {.output = output,
                                                .taps = lvk_resampling_taps(fmax(scale, 1))};
    pass->input = lvk_graph_input(graph, "crops", lvk_type_4d(LVK_U8, config->batch, side, side, 4));
    pass->rows =
        lvk_graph_input(graph, "resampling", lvk_type_2d(LVK_F32, config->batch, LVK_RESAMPLING_LENGTH));
    return LVK_APPLY(graph, "resample", LVK_OP_resample, &attributes, pass->input, pass->rows);
}

static int append_input(lvk_pass *pass, const lvk_model *model, const lvk_network_config *config) {
    if (config->crop_side)
        return append_resample(pass, model, config);
    pass->rows = LVK_NONE;
    pass->input =
        lvk_graph_input(&pass->graph, "input", lvk_model_input(model, &config->model, config->batch));
    return pass->input;
}

/* The input of the dense layer that computes the logits, which may be added to those of the area. */
static int find_features(const lvk_pass *pass) {
    const lvk_graph *graph = &pass->graph;
    int last = lvk_graph_status(graph) == LVK_OK ? graph->tensors[pass->logits].producer : LVK_NONE;
    if (last != LVK_NONE && graph->nodes[last].call.op == LVK_OP_add)
        last = graph->tensors[graph->nodes[last].inputs[0]].producer;
    return last != LVK_NONE && graph->nodes[last].call.op == LVK_OP_dense ? graph->nodes[last].inputs[0]
                                                                          : LVK_NONE;
}

/* Marks what the host reads after inference. */
static void mark_outputs(lvk_pass *pass, bool training) {
    lvk_graph_mark_output(&pass->graph, pass->logits);
    pass->features = training ? LVK_NONE : find_features(pass);
    if (pass->features != LVK_NONE)
        lvk_graph_mark_output(&pass->graph, pass->features);
    if (pass->explains)
        lvk_feature_map_find(pass);
}

/* For programs whose layers do not run. */
static void unmark_outputs(lvk_pass *pass) {
    pass->graph.tensors[pass->logits].is_output = false;
    if (pass->features != LVK_NONE)
        pass->graph.tensors[pass->features].is_output = false;
}

static lvk_status build_forward(lvk_pass *pass, const lvk_caps *caps, const lvk_model *model,
                                const lvk_network_config *config, bool training) {
    lvk_graph_init(&pass->graph);
    pass->builder = lvk_alloc(1, sizeof *pass->builder);
    if (!pass->builder)
        return LVK_ERROR_MEMORY;
    lvk_graph *graph = &pass->graph;
    pass->builder->graph = graph;
    pass->builder->training = training;
    const int images = append_input(pass, model, config);
    pass->keys = pass->builder->keys =
        training ? lvk_graph_input(graph, "keys", lvk_type_2d(LVK_U32, config->batch, 4)) : LVK_NONE;
    pass->logits = lvk_model_build(model, pass->builder, images, &config->model);
    mark_outputs(pass, training);
    if (!config->unfused)
        lvk_graph_fuse(graph, caps, config->kernel_choices);
    return lvk_graph_status(graph);
}

static bool accumulates(const lvk_network_config *config) {
    return config->accumulate > 1;
}

static lvk_status append_update(lvk_pass *pass, const lvk_network_config *config, lvk_block_id gradients) {
    lvk_graph *graph = &pass->graph;
    for (int g = 0; g <= config->rates.count; ++g)
        pass->hyper[g] = lvk_graph_input(graph, "hyper", lvk_type_1d(LVK_F32, LVK_HYPER_COUNT));
    if (config->clip_norm > 0)
        lvk_optimizer_clip(graph, gradients, config->clip_norm);
    lvk_optimizer_append(graph, pass->builder, config->optimizer, gradients, &config->rates, pass->hyper);
    if (config->average)
        lvk_optimizer_average(graph, pass->hyper[0]);
    return lvk_graph_status(graph);
}

/* A place for a running average in the block of gradients: that of its parameter, which has no gradient. */
static int gradient_place(lvk_graph *graph, const lvk_running_average *average) {
    const lvk_tensor *tensor = &graph->tensors[average->average];
    return lvk_graph_block_part(graph, LVK_BLOCK_GRADIENTS, tensor->offset,
                                tensor->offset + lvk_type_size(&tensor->type));
}

/* Appends place = decay place + (1 - decay) scale value. */
static void move_average(lvk_graph *graph, const lvk_running_average *average, int place, int value,
                         float decay, float scale) {
    const lvk_moving_average_attributes attributes = {.decay = decay, .scale = scale};
    (void)LVK_APPLY(graph, average->label, LVK_OP_moving_average, &attributes, place, value);
}

/* Moves the running averages towards the statistics of the batch. If `shared`, other processes compute other
 * microbatches of a step: then the statistics are put beside the gradients, which all processes receive, and
 * the averages are moved when the gradients are accumulated. */
static void move_averages(lvk_pass *pass, bool shared) {
    const lvk_builder *builder = pass->builder;
    for (size_t i = 0; i < builder->average_count; ++i) {
        const lvk_running_average *a = &builder->averages[i];
        if (shared)
            move_average(&pass->graph, a, gradient_place(&pass->graph, a), a->value, 0, 1);
        else
            move_average(&pass->graph, a, a->average, a->value, a->decay, 1);
    }
}

static void move_averages_of_others(lvk_pass *pass) {
    const lvk_builder *builder = pass->builder;
    for (size_t i = 0; i < builder->average_count; ++i) {
        const lvk_running_average *a = &builder->averages[i];
        const int place = gradient_place(&pass->graph, a);
        move_average(&pass->graph, a, a->average, place, a->decay, 1);
        move_average(&pass->graph, a, place, a->average, 0, 0); /* else its place would count in the norm */
    }
}

static lvk_status append_sum(lvk_pass *pass) {
    pass->microbatch_weight = lvk_graph_input(&pass->graph, "share", lvk_type_1d(LVK_F32, LVK_HYPER_COUNT));
    lvk_optimizer_accumulate(&pass->graph, pass->microbatch_weight);
    return lvk_graph_status(&pass->graph);
}

/* The backend cpu moves activations no faster than it computes the simple ones again; on a GPU, each is a launch. */
static void drop_activations(lvk_graph *graph, const lvk_caps *caps, bool recompute) {
    if (recompute)
        lvk_graph_recompute(graph);
    else if (caps->own_candidate)
        lvk_graph_recompute_cheap(graph);
}

static lvk_status build_training(lvk_pass *pass, const lvk_caps *caps, const lvk_network_config *config) {
    lvk_graph *graph = &pass->graph;
    move_averages(pass, config->shared && accumulates(config));
    pass->labels = lvk_graph_input(graph, "labels", lvk_type_2d(LVK_F32, config->batch, 2));
    const int data_loss = config->model.classes > 2
                              ? LVK_APPLY(graph, "softmax_cross_entropy", LVK_OP_softmax_cross_entropy, NULL,
                                          pass->logits, pass->labels)
                              : LVK_APPLY(graph, "bce", LVK_OP_bce, NULL, pass->logits, pass->labels);
    pass->loss = add_penalty(pass, data_loss, config->l2);
    lvk_graph_mark_output(graph, pass->loss);
    lvk_graph_backward(graph, pass->loss);
    drop_activations(graph, caps, config->recompute);
    LVK_TRY(lvk_graph_status(graph));
    LVK_TRY(lvk_param_groups_check(&config->rates, graph, pass->builder));
    if (!accumulates(config))
        return append_update(pass, config, LVK_BLOCK_GRADIENTS);
    return config->shared ? LVK_OK : append_sum(pass);
}

/* The next two functions build the model's layers only for their parameters; none of the layers runs. */
static lvk_status build_sum(lvk_pass *pass, const lvk_caps *caps, const lvk_network_config *config) {
    (void)caps;
    (void)config;
    unmark_outputs(pass);
    move_averages_of_others(pass);
    return append_sum(pass);
}

static lvk_status build_update(lvk_pass *pass, const lvk_caps *caps, const lvk_network_config *config) {
    (void)caps;
    unmark_outputs(pass);
    return append_update(pass, config, LVK_BLOCK_ACCUMULATED);
}

static lvk_status build_explanation(lvk_pass *pass, const lvk_caps *caps, const lvk_network_config *config) {
    (void)caps;
    (void)config;
    lvk_feature_map_differentiate(pass);
    return lvk_graph_status(&pass->graph);
}

static lvk_status plan_pass(lvk_pass *pass, const lvk_caps *caps, const lvk_network *network, bool training,
                            lvk_status (*extend)(lvk_pass *pass, const lvk_caps *caps,
                                                 const lvk_network_config *config)) {
    const lvk_network_config *config = &network->config;
    LVK_TRY(build_forward(pass, caps, network->model, config, training));
    if (extend)
        LVK_TRY(extend(pass, caps, config));
    const lvk_plan_options options = {.kernel_choices = config->kernel_choices};
    return lvk_plan_init(&pass->plan, &pass->graph, caps, &options);
}

static void finish_pass(lvk_pass *pass) {
    if (pass->executable.backend)
        lvk_executable_finish(&pass->executable);
    lvk_plan_finish(&pass->plan);
    lvk_graph_finish(&pass->graph);
    lvk_free(pass->builder);
    *pass = (lvk_pass){0};
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* Bytes of a block that all programs of the network share: parameters, their average, moments, accumulated
 * gradients, and the arena, since two programs never run at the same time. */
static uint64_t shared_size(const lvk_network *network, lvk_block_id block) {
    const lvk_pass *const passes[] = {&network->inference, &network->training, &network->sum,
                                      &network->update, &network->explanation};
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; ++i)
        size = larger(size, passes[i]->plan.program.block_size[block]);
    return size;
}

static lvk_status create_shared(lvk_network *network) {
    static const lvk_block_id blocks[] = {LVK_BLOCK_ARENA,       LVK_BLOCK_PARAMETERS, LVK_BLOCK_GRADIENTS,
                                          LVK_BLOCK_ACCUMULATED, LVK_BLOCK_AVERAGE,    LVK_BLOCK_MOMENT1,
                                          LVK_BLOCK_MOMENT2};
    network->block_size = network->inference.graph.parameter_size;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; ++i) {
        const uint64_t size = shared_size(network, blocks[i]);
        if (size && (blocks[i] != LVK_BLOCK_GRADIENTS || network->config.shared))
            LVK_TRY(network->backend->functions->buffer_create(network->backend, size,
                                                               &network->shared[blocks[i]]));
    }
    return LVK_OK;
}

static lvk_status plan_network(lvk_network *network, const lvk_caps *caps) {
    LVK_TRY(plan_pass(&network->inference, caps, network, false, NULL));
    network->explanation.explains = network->config.explain;
    if (network->config.explain)
        LVK_TRY(plan_pass(&network->explanation, caps, network, false, build_explanation));
    if (network->config.training)
        LVK_TRY(plan_pass(&network->training, caps, network, true, build_training));
    if (network->config.training && accumulates(&network->config) && network->config.shared)
        LVK_TRY(plan_pass(&network->sum, caps, network, false, build_sum));
    return network->config.training && accumulates(&network->config)
               ? plan_pass(&network->update, caps, network, false, build_update)
               : LVK_OK;
}

static void finish_passes(lvk_network *network) {
    finish_pass(&network->training);
    finish_pass(&network->sum);
    finish_pass(&network->update);
    finish_pass(&network->explanation);
    finish_pass(&network->inference);
}

lvk_block_id lvk_network_model(const lvk_network *network) {
    return network->shared[LVK_BLOCK_AVERAGE] ? LVK_BLOCK_AVERAGE : LVK_BLOCK_PARAMETERS;
}

/* Prepares a program that reads the parameters' average, if there is one, in place of the parameters. */
static lvk_status init_inference(lvk_network *network, lvk_pass *pass) {
    lvk_buffer *blocks[LVK_BLOCK_COUNT];
    memcpy(blocks, network->shared, sizeof blocks);
    blocks[LVK_BLOCK_PARAMETERS] = network->shared[lvk_network_model(network)];
    return lvk_executable_init(&pass->executable, network->backend, &pass->plan, blocks);
}

static lvk_status create(lvk_network *network) {
    lvk_pass *const passes[] = {&network->training, &network->sum, &network->update};
    LVK_TRY(plan_network(network, &network->backend->caps));
    LVK_TRY(create_shared(network));
    LVK_TRY(init_inference(network, &network->inference));
    if (network->config.explain)
        LVK_TRY(init_inference(network, &network->explanation));
    for (size_t i = 0; i < sizeof passes / sizeof *passes; ++i)
        if (passes[i]->builder)
            LVK_TRY(lvk_executable_init(&passes[i]->executable, network->backend, &passes[i]->plan,
                                        network->shared));
    return LVK_OK;
}

lvk_status lvk_network_create(lvk_backend *backend, const lvk_network_config *config, lvk_network **result) {
    *result = NULL;
    const lvk_model *model = lvk_model_find(config->model.architecture);
    if (!model)
        return LVK_ERROR_ARGUMENT;
    lvk_network *network = lvk_alloc(1, sizeof *network);
    if (!network)
        return LVK_ERROR_MEMORY;
    network->backend = backend;
    network->model = model;
    network->config = *config;
    const lvk_status status = create(network);
    if (status != LVK_OK)
        lvk_network_destroy(&network);
    *result = network;
    return status;
}

void lvk_network_destroy(lvk_network **network) {
    lvk_network *n = *network;
    if (!n)
        return;
    finish_passes(n);
    for (int b = 0; b < LVK_BLOCK_COUNT; ++b)
        if (n->shared[b])
            n->backend->functions->buffer_destroy(n->backend, n->shared[b]);
    lvk_free(n);
    *network = NULL;
}

static void add_buffer(lvk_footprint *footprint, uint64_t bytes) {
    footprint->total += bytes;
    footprint->largest = larger(footprint->largest, bytes);
}

lvk_status lvk_network_estimate(const lvk_caps *caps, const lvk_network_config *config,
                                lvk_footprint *footprint) {
    lvk_network network = {.config = *config, .model = lvk_model_find(config->model.architecture)};
    *footprint = (lvk_footprint){0};
    if (!network.model)
        return LVK_ERROR_ARGUMENT;
    const lvk_status status = plan_network(&network, caps);
    for (int b = 0; b < LVK_BLOCK_COUNT && status == LVK_OK; ++b)
        if (b != LVK_BLOCK_IO)
            add_buffer(footprint, shared_size(&network, (lvk_block_id)b));
    if (status == LVK_OK) { /* each program has an IO block of its own */
        add_buffer(footprint, network.inference.plan.program.block_size[LVK_BLOCK_IO]);
        add_buffer(footprint, network.training.plan.program.block_size[LVK_BLOCK_IO]);
        add_buffer(footprint, network.sum.plan.program.block_size[LVK_BLOCK_IO]);
        add_buffer(footprint, network.update.plan.program.block_size[LVK_BLOCK_IO]);
        add_buffer(footprint, network.explanation.plan.program.block_size[LVK_BLOCK_IO]);
    }
    finish_passes(&network);
    return status;
}

/* Calls `visit` for the calls of a program. Nodes that serve no output are not in the program; their results
 * have no region. */
static lvk_status visit_pass(const lvk_pass *pass, lvk_call_visit visit, void *user) {
    for (size_t n = 0; n < pass->graph.node_count; ++n) {
        const lvk_node *node = &pass->graph.nodes[n];
        if (pass->plan.regions[node->outputs[0]].size)
            LVK_TRY(visit(user, &node->call));
    }
    return LVK_OK;
}

lvk_status lvk_network_visit(const lvk_caps *caps, const lvk_network_config *config, lvk_call_visit visit,
                             void *user) {
    lvk_network network = {.config = *config, .model = lvk_model_find(config->model.architecture)};
    if (!network.model)
        return LVK_ERROR_ARGUMENT;
    lvk_status status = plan_network(&network, caps);
    if (status == LVK_OK)
        status = visit_pass(&network.inference, visit, user);
    if (status == LVK_OK)
        status = visit_pass(&network.training, visit, user);
    if (status == LVK_OK)
        status = visit_pass(&network.sum, visit, user);
    if (status == LVK_OK)
        status = visit_pass(&network.update, visit, user);
    finish_passes(&network);
    return status;
}

static void add_kernels(const lvk_pass *pass, lvk_text *text) {
    for (int s = 0; s < pass->plan.program.step_count; ++s) {
        const lvk_step *step = &pass->plan.program.steps[s];
        if (step->recomputed ||
            step->call.op == LVK_OP_moving_average) /* they change no bits of the result */
            continue;
        lvk_call_key(&step->call, text);
        lvk_text_add(text, " = %s\n", step->candidate);
    }
}

lvk_status lvk_network_kernels(const lvk_network *network, char digest[LVK_DIGEST_TEXT]) {
    lvk_text text = {0};
    char *list = NULL;
    size_t size = 0;
    add_kernels(&network->inference, &text);
    add_kernels(&network->training, &text);
    add_kernels(&network->sum, &text);
    add_kernels(&network->update, &text);
    LVK_TRY(lvk_text_take(&text, &list, &size));
    lvk_digest(list, size, digest);
    lvk_free(list);
    return LVK_OK;
}

uint32_t lvk_network_outputs(const lvk_network *network) {
    return network->inference.graph.tensors[network->inference.logits].type.dim[1];
}

const lvk_builder *lvk_network_builder(const lvk_network *network) {
    return network->inference.builder;
}

lvk_status lvk_network_read(lvk_network *network, lvk_block_id block, float *values) {
    return network->backend->functions->buffer_read(network->backend, network->shared[block], 0, values,
                                                    network->block_size);
}

lvk_status lvk_network_write(lvk_network *network, lvk_block_id block, const float *values) {
    if (block == LVK_BLOCK_PARAMETERS && network->shared[LVK_BLOCK_AVERAGE])
        LVK_TRY(lvk_network_write(network, LVK_BLOCK_AVERAGE, values));
    return network->backend->functions->buffer_write(network->backend, network->shared[block], 0, values,
                                                     network->block_size);
}

lvk_status lvk_network_copy_parameters(lvk_network *from, lvk_network *to) {
    float *block = lvk_alloc(from->block_size, 1);
    lvk_status status = block ? lvk_network_read(from, LVK_BLOCK_PARAMETERS, block) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_network_write(to, LVK_BLOCK_PARAMETERS, block);
    lvk_free(block);
    return status;
}

lvk_status lvk_network_change_parameters(lvk_network *network, lvk_network_change change, const void *user) {
    float *block = lvk_alloc(network->block_size, 1);
    lvk_status status =
        block ? lvk_network_read(network, lvk_network_model(network), block) : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        change(user, lvk_network_builder(network), block);
        status = lvk_network_write(network, LVK_BLOCK_PARAMETERS, block);
    }
    lvk_free(block);
    return status;
}

lvk_status lvk_network_initialize(lvk_network *network, uint64_t seed) {
    float *block = lvk_alloc(network->block_size, 1);
    if (!block)
        return LVK_ERROR_MEMORY;
    lvk_status status = LVK_OK;
    for (int b = LVK_BLOCK_MOMENT1; b <= LVK_BLOCK_MOMENT2 && status == LVK_OK; ++b)
        if (network->shared[b])
            status = lvk_network_write(network, (lvk_block_id)b, block);
    lvk_model_initialize(lvk_network_builder(network), seed, block);
    if (status == LVK_OK)
        status = lvk_network_write(network, LVK_BLOCK_PARAMETERS, block);
    lvk_free(block);
    return status;
}

/* Writes a tensor, unless it is not in the program because the model does not use it, as the keys without
 * dropout. */
static lvk_status write_used(lvk_pass *pass, int tensor, const void *data) {
    return pass->plan.regions[tensor].size ? lvk_executable_write(&pass->executable, tensor, data) : LVK_OK;
}

static lvk_status write_input(lvk_pass *pass, const void *input, const lvk_resampling *rows) {
    LVK_TRY(lvk_executable_write(&pass->executable, pass->input, input));
    return pass->rows == LVK_NONE ? LVK_OK : lvk_executable_write(&pass->executable, pass->rows, rows);
}

static lvk_status run_pass(const lvk_network *network, lvk_pass *pass) {
    return network->profiler ? lvk_profiler_run(network->profiler, &pass->executable)
                             : lvk_executable_run(&pass->executable);
}

static lvk_status write_hyper(const lvk_network *network, lvk_pass *pass, const lvk_real *hyper) {
    for (int g = 0; g <= network->config.rates.count; ++g)
        LVK_TRY(write_used(pass, pass->hyper[g], hyper + (size_t)g * LVK_HYPER_COUNT));
    return LVK_OK;
}

static lvk_status write_microbatch_weight(lvk_pass *pass, uint32_t microbatch, uint32_t microbatches) {
    lvk_real weight[LVK_HYPER_COUNT];
    lvk_accumulate_hyper(microbatch, microbatches, weight);
    return lvk_executable_write(&pass->executable, pass->microbatch_weight, weight);
}

lvk_status lvk_network_accumulate(lvk_network *network, const float *gradients, uint32_t microbatch,
                                  uint32_t microbatches) {
    LVK_TRY(lvk_network_write(network, LVK_BLOCK_GRADIENTS, gradients));
    LVK_TRY(write_microbatch_weight(&network->sum, microbatch, microbatches));
    return lvk_executable_run(&network->sum.executable);
}

lvk_status lvk_network_write_hyper(lvk_network *network, const lvk_real *hyper) {
    return write_hyper(network, &network->update, hyper);
}

lvk_status lvk_network_update(lvk_network *network, const lvk_real *hyper) {
    LVK_TRY(lvk_network_write_hyper(network, hyper));
    return lvk_executable_run(&network->update.executable);
}

/* Writes the scalars that a training step reads: the hyperparameters, or the weight of the microbatch. */
static lvk_status write_scalars(const lvk_network *network, lvk_pass *pass, const lvk_train_batch *batch) {
    if (!accumulates(&network->config))
        return write_hyper(network, pass, batch->hyper);
    return network->config.shared ? LVK_OK
                                  : write_microbatch_weight(pass, batch->microbatch, batch->microbatches);
}

/* Updates the parameters after the last microbatch of a mean gradient. */
static lvk_status finish_mean(lvk_network *network, const lvk_train_batch *batch) {
    const lvk_network_config *config = &network->config;
    return accumulates(config) && !config->shared && batch->microbatch + 1 == batch->microbatches
               ? lvk_network_update(network, batch->hyper)
               : LVK_OK;
}

lvk_status lvk_network_write_batch(lvk_network *network, const lvk_train_batch *batch) {
    lvk_pass *pass = &network->training;
    LVK_TRY(write_input(pass, batch->input, batch->rows));
    LVK_TRY(lvk_executable_write(&pass->executable, pass->labels, batch->labels));
    LVK_TRY(write_scalars(network, pass, batch));
    return write_used(pass, pass->keys, batch->keys);
}

lvk_status lvk_network_train(lvk_network *network, const lvk_train_batch *batch, float *loss, float *logits) {
    lvk_pass *pass = &network->training;
    lvk_profiler_mark(network->profiler, LVK_PHASE_UPLOAD);
    LVK_TRY(lvk_network_write_batch(network, batch));
    lvk_profiler_mark(network->profiler, LVK_PHASE_RUN);
    LVK_TRY(run_pass(network, pass));
    lvk_profiler_mark(network->profiler, LVK_PHASE_DOWNLOAD);
    LVK_TRY(lvk_executable_read(&pass->executable, pass->loss, loss));
    if (logits)
        LVK_TRY(lvk_executable_read(&pass->executable, pass->logits, logits));
    lvk_profiler_mark(network->profiler, LVK_PHASE_FINISH);
    LVK_TRY(finish_mean(network, batch));
    if (!isfinite(*loss))
        return lvk_fail(LVK_ERROR_NUMERIC, "the loss is %g", (double)*loss);
    return LVK_OK;
}

lvk_status lvk_network_infer(lvk_network *network, const void *input, const lvk_resampling *rows,
                             float *outputs) {
    lvk_pass *pass = &network->inference;
    lvk_profiler_mark(network->profiler, LVK_PHASE_UPLOAD);
    LVK_TRY(write_input(pass, input, rows));
    lvk_profiler_mark(network->profiler, LVK_PHASE_RUN);
    LVK_TRY(run_pass(network, pass));
    lvk_profiler_mark(network->profiler, LVK_PHASE_DOWNLOAD);
    LVK_TRY(lvk_executable_read(&pass->executable, pass->logits, outputs));
    lvk_profiler_mark(network->profiler, LVK_PHASE_FINISH);
    return LVK_OK;
}

lvk_status lvk_network_explain(lvk_network *network, const void *input, const lvk_resampling *rows,
                               const float *seed, float *logits, float *map, float *gradient) {
    lvk_pass *pass = &network->explanation;
    LVK_TRY(write_input(pass, input, rows));
    LVK_TRY(lvk_executable_write(&pass->executable, pass->seed, seed));
    LVK_TRY(lvk_executable_run(&pass->executable));
    LVK_TRY(lvk_executable_read(&pass->executable, pass->logits, logits));
    LVK_TRY(lvk_executable_read(&pass->executable, pass->map, map));
    return lvk_executable_read(&pass->executable, pass->map_gradient, gradient);
}

lvk_feature_map lvk_network_feature_map(const lvk_network *network) {
    const lvk_pass *pass = &network->explanation;
    const lvk_type *type = &pass->graph.tensors[pass->map].type;
    return (lvk_feature_map){type->dim[1], type->dim[2], type->dim[3], pass->place};
}

uint32_t lvk_network_feature_count(const lvk_network *network) {
    const lvk_pass *pass = &network->inference;
    return pass->features == LVK_NONE ? 0 : pass->graph.tensors[pass->features].type.dim[1];
}

lvk_status lvk_network_features(lvk_network *network, float *features) {
    return lvk_executable_read(&network->inference.executable, network->inference.features, features);
}
