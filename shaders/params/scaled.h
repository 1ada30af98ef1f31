/* Flat elementwise kernels that multiply by a factor. */
#include "params/params.h"

LVK_PARAMS_BEGIN(scaled)
    lvk_u32 count; /* elements */
    lvk_f32 factor;
LVK_PARAMS_END(scaled)
