/* Flat elementwise kernels that need no other parameter than the number of elements. */
#include "params/params.h"

LVK_PARAMS_BEGIN(elementwise)
    lvk_u32 count; /* elements */
LVK_PARAMS_END(elementwise)
