/* Gradients scaled down to a largest norm; see src/ops/clip_norm.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(clip_norm)
    lvk_u32 count;    /* elements */
    lvk_f32 max_norm; /* above 0 */
LVK_PARAMS_END(clip_norm)
