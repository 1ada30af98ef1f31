/* Softmax cross-entropy and its gradient; see src/ops/softmax_cross_entropy.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(softmax_cross_entropy)
    lvk_u32 rows;
    lvk_u32 classes;
    lvk_u32 splits; /* partial sums; the gradient has none */
LVK_PARAMS_END(softmax_cross_entropy)
