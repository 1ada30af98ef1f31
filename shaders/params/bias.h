/* Bias along the last dimension. */
#include "params/params.h"

LVK_PARAMS_BEGIN(bias)
    lvk_u32 count;    /* elements */
    lvk_u32 channels; /* biases */
LVK_PARAMS_END(bias)
