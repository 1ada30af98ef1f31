/* The optimizers: which operator updates the parameters, and the scalars that it needs at each step. */
#ifndef LVK_RUNTIME_OPTIMIZER_H
#define LVK_RUNTIME_OPTIMIZER_H

#include "models/layers.h"
#include "ops/optimizer.h"
#include "runtime/param_groups.h"

typedef enum lvk_optimizer_kind {
    LVK_OPTIMIZER_ADAM,
    LVK_OPTIMIZER_ADAMW,
    LVK_OPTIMIZER_SGD
} lvk_optimizer_kind;

typedef struct lvk_optimizer_settings {
    lvk_optimizer_kind kind;
    double momentum;     /* of SGD, in [0, 1) */
    double average;      /* decay of the moving average of the weights, in [0, 1): lvk_optimizer_average */
    double weight_decay; /* of AdamW: each step begins with w -= rate * weight_decay * w */
} lvk_optimizer_settings;

/* Sets `kind` to the optimizer of that name, "adam", "adamw" or "sgd"; false if there is none. */
bool lvk_optimizer_find(const char *name, lvk_optimizer_kind *kind);

/* Appends the update of all parameters by the gradients in block `gradients`. The parameters of group g of
 * `scales` are updated with the scalars in hyper[g], an input of LVK_HYPER_COUNT floats. A parameter without
 * a gradient does not change. AdamW decays kernels, but neither biases nor parameters of norms. */
void lvk_optimizer_append(lvk_graph *graph, const lvk_builder *builder, lvk_optimizer_kind kind,
                          lvk_block_id gradients, const lvk_param_groups *scales,
                          const int hyper[LVK_MAX_PARAM_GROUPS]);

/* Appends the accumulation of gradients, whose mean over the microbatches is in LVK_BLOCK_ACCUMULATED.
 * `weight` is an input of LVK_HYPER_COUNT floats (ops/accumulate.h). */
void lvk_optimizer_accumulate(lvk_graph *graph, int weight);

/* Appends clipping of the whole gradient, in block `gradients`, to the norm `max_norm` (ops/clip_norm.h). The
 * update is appended after it. */
void lvk_optimizer_clip(lvk_graph *graph, lvk_block_id gradients, double max_norm);

/* Appends the moving average of the parameters, in LVK_BLOCK_AVERAGE, after their update. `hyper` is the
 * input of scalars of group 0. */
void lvk_optimizer_average(lvk_graph *graph, int hyper);

/* Whether the parameter is a kernel that is trained. Only these are subject to weight decay or the L2
 * penalty. */
bool lvk_optimizer_restrains(const lvk_graph *graph, const lvk_parameter *parameter);

/* Fills the scalars of step number `step`, which counts from 1 (Adam's bias correction depends on it), with
 * the learning rate `rate` (runtime/schedule.h). */
void lvk_optimizer_hyper(const lvk_optimizer_settings *settings, uint64_t step, double rate,
                         lvk_real hyper[LVK_HYPER_COUNT]);

#endif
