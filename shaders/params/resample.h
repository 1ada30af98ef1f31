/* Resampling of squares; see src/ops/resample.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(resample)
    lvk_u32 images;
    lvk_u32 room; /* pixels of a row of squares */
LVK_PARAMS_END(resample)
