/* Binary cross-entropy and its gradient; see src/ops/bce.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(bce)
    lvk_u32 rows;
    lvk_u32 splits; /* partial sums; the gradient has none */
LVK_PARAMS_END(bce)
