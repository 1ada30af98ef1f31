/* Means over the pixels of images, see src/ops/global_average_pool.c. */
#include "params/params.h"

LVK_PARAMS_BEGIN(global_average_pool)
    lvk_u32 count; /* elements of what is written */
    lvk_u32 channels;
    lvk_u32 pixels; /* of an image */
LVK_PARAMS_END(global_average_pool)
