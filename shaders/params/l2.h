/* A weighted sum of squares; see src/ops/l2.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(l2)
    lvk_u32 count;  /* elements */
    lvk_u32 splits; /* partial sums */
    lvk_f32 lambda;
LVK_PARAMS_END(l2)
