/* Global average pooling and its gradient. */
#include "params/params.h"

LVK_PARAMS_BEGIN(global_average_pool)
    lvk_u32 count; /* elements that the launch writes */
    lvk_u32 channels;
    lvk_u32 area;   /* pixels of an image */
    lvk_f32 factor; /* 1 / area */
LVK_PARAMS_END(global_average_pool)
