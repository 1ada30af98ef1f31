/* Part of the optimizers: their numbers that change from step to step come as a tensor of eight, bound as a
 * uniform block of two vec4, so that a recorded program need not be recorded again. */
#ifndef LVK_OPS_OPTIMIZER_H
#define LVK_OPS_OPTIMIZER_H

#include "ops/op.h"

enum { LVK_HYPER_COUNT = 8 };

/* Shape rule: inputs 0 to state_count + 1 are weights, gradients and states of one rank-1 type, the last
 * input is the hyper tensor. Output 0 is the weights, the others the states. */
lvk_status lvk_optimizer_infer(lvk_call *call, int state_count);

/* One flat launch: weights, gradients and states as storage buffers, then the hyper tensor. */
void lvk_optimizer_launch(const lvk_call *call, lvk_launch_list *list, const char *shader);

#endif
