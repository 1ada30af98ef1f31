/* Moving averages; see src/ops/moving_average.c. */
#include "params/params.h"

LVK_PARAMS_BEGIN(moving_average)
    lvk_u32 count; /* elements */
    lvk_f32 decay;
    lvk_f32 scale;
LVK_PARAMS_END(moving_average)
