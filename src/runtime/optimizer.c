#include "runtime/optimizer.h"

#include "ops/accumulate.h"
#include "ops/adam.h"
#include "ops/clip_norm.h"
#include "ops/l2.h"
#include "ops/sgd.h"
#include "ops/weight_average.h"

#include <string.h>

static const char *const names[] = {"adam", "adamw", "sgd"};
enum { KIND_COUNT = sizeof names / sizeof *names };

bool lvk_optimizer_find(const char *name, lvk_optimizer_kind *kind) {
    for (int i = 0; i < KIND_COUNT; ++i) {
        if (strcmp(names[i], name) == 0) {
            *kind = (lvk_optimizer_kind)i;
            return true;
        }
    }
    return false;
}

bool lvk_optimizer_restrains(const lvk_graph *graph, const lvk_parameter *parameter) {
    return parameter->initializer == LVK_INIT_GLOROT_UNIFORM && graph->tensors[parameter->tensor].trainable;
}

void lvk_optimizer_accumulate(lvk_graph *graph, int weight) {
    (void)LVK_APPLY(graph, "accumulate", LVK_OP_accumulate, NULL,
                    lvk_graph_block(graph, LVK_BLOCK_ACCUMULATED),
                    lvk_graph_block(graph, LVK_BLOCK_GRADIENTS), weight);
}

void lvk_optimizer_clip(lvk_graph *graph, lvk_block_id block, double max_norm) {
    static const lvk_l2_attributes sum = {.lambda = 1};
    const lvk_clip_norm_attributes attributes = {.max_norm = (float)max_norm};
    const int gradients = lvk_graph_block(graph, block);
    const int squares = LVK_APPLY(graph, "gradient_norm", LVK_OP_l2, &sum, gradients);
    (void)LVK_APPLY(graph, "clip_norm", LVK_OP_clip_norm, &attributes, gradients, squares);
}

/* Appends the update of the parameters from byte `begin` to before byte `end` of their block. */
static void append_update(lvk_graph *graph, lvk_optimizer_kind kind, lvk_block_id block, uint64_t begin,
                          uint64_t end, int hyper) {
    const int parameters = lvk_graph_block_part(graph, LVK_BLOCK_PARAMETERS, begin, end);
    const int gradients = lvk_graph_block_part(graph, block, begin, end);
    const int moment1 = lvk_graph_block_part(graph, LVK_BLOCK_MOMENT1, begin, end);
    if (kind == LVK_OPTIMIZER_SGD)
        (void)LVK_APPLY(graph, "sgd", LVK_OP_sgd, NULL, parameters, gradients, moment1, hyper);
    else
        (void)LVK_APPLY(graph, "adam", LVK_OP_adam, NULL, parameters, gradients, moment1,
                        lvk_graph_block_part(graph, LVK_BLOCK_MOMENT2, begin, end), hyper);
}

void lvk_optimizer_append(lvk_graph *graph, const lvk_builder *builder, lvk_optimizer_kind kind,
                          lvk_block_id gradients, const lvk_param_groups *scales,
                          const int hyper[LVK_MAX_PARAM_GROUPS]) {
    for (size_t p = 0; kind == LVK_OPTIMIZER_ADAMW && p < builder->parameter_count; ++p) {
        const lvk_parameter *parameter = &builder->parameters[p];
        if (lvk_optimizer_restrains(graph, parameter))
            (void)LVK_APPLY(graph, "weight_decay", LVK_OP_weight_decay, NULL, parameter->tensor,
                            hyper[lvk_param_groups_find(scales, graph, parameter)]);
    }
    /* Neighbouring parameters of one group are updated by one operator. */
    for (size_t first = 0, end; first < builder->parameter_count; first = end) {
        const int group = lvk_param_groups_find(scales, graph, &builder->parameters[first]);
        for (end = first + 1; end < builder->parameter_count; ++end)
            if (lvk_param_groups_find(scales, graph, &builder->parameters[end]) != group)
                break;
        const uint64_t begins = graph->tensors[builder->parameters[first].tensor].offset;
        const uint64_t ends = end < builder->parameter_count
                                  ? graph->tensors[builder->parameters[end].tensor].offset
                                  : graph->parameter_size;
        append_update(graph, kind, gradients, begins, ends, hyper[group]);
    }
}

void lvk_optimizer_average(lvk_graph *graph, int hyper) {
    (void)LVK_APPLY(graph, "weight_average", LVK_OP_weight_average, NULL,
                    lvk_graph_block(graph, LVK_BLOCK_AVERAGE), lvk_graph_block(graph, LVK_BLOCK_PARAMETERS),
                    hyper);
}

static void adam_hyper(const lvk_optimizer_settings *settings, uint64_t step, double rate,
                       lvk_real hyper[LVK_HYPER_COUNT]) {
    const lvk_adam_options adam = {.learning_rate = rate,
                                   .beta1 = 0.9,
                                   .beta2 = 0.999,
                                   .epsilon = 1e-7,
                                   .weight_decay =
                                       settings->kind == LVK_OPTIMIZER_ADAMW ? settings->weight_decay : 0};
    lvk_adam_hyper(&adam, step, hyper);
}

void lvk_optimizer_hyper(const lvk_optimizer_settings *settings, uint64_t step, double rate,
                         lvk_real hyper[LVK_HYPER_COUNT]) {
    if (settings->kind == LVK_OPTIMIZER_SGD)
        lvk_sgd_hyper(rate, settings->momentum, hyper);
    else
        adam_hyper(settings, step, rate, hyper);
    lvk_weight_average_hyper(settings->average, step, hyper);
}
