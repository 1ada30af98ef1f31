/* What all optimizers share. The numbers that change from step to step are a tensor of eight floats, the
 * hyper tensor, which is bound as a uniform block of two vec4s. Recorded commands thus stay valid when the
 * numbers change. */
#ifndef LVK_OPS_OPTIMIZER_H
#define LVK_OPS_OPTIMIZER_H

#include "ops/op.h"

enum { LVK_HYPER_COUNT = 8 };

/* Shape rule of optimizers. Inputs 0 to state_count + 1 are weights, gradients and states, all of one type of
 * rank 1; the last input is the hyper tensor. Output 0 is the weights, the other outputs are the states. */
lvk_status lvk_optimizer_infer(lvk_call *call, int state_count);

/* Adds one flat launch, which binds weights, gradients and states as storage buffers, then the hyper
 * tensor. */
void lvk_optimizer_launch(const lvk_call *call, lvk_launch_list *list, const char *shader);

#endif
