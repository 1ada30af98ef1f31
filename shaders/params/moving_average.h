/* An exponential moving average; see src/ops/moving_average.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(moving_average)
    lvk_u32 count; /* elements */
    lvk_f32 decay;
    lvk_f32 gain; /* (1 - decay) * scale, the factor of the new value */
LVK_PARAMS_END(moving_average)
