/* Resampling of crops; see src/ops/resample.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(resample)
    lvk_u32 images;
    lvk_u32 room; /* pixels between the beginnings of two crops */
LVK_PARAMS_END(resample)
