/* Flat elementwise kernels that need nothing but their length. */
#include "params/params.h"

LVK_PARAMS_BEGIN(elementwise)
    lvk_u32 count; /* elements */
LVK_PARAMS_END(elementwise)
