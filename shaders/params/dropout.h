/* Dropout; see src/ops/dropout.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(dropout)
    lvk_u32 count;   /* elements */
    lvk_u32 row;     /* elements of a batch row */
    lvk_u32 purpose; /* last word of the Philox counter */
    lvk_f32 rate;
    lvk_f32 scale; /* 1 / (1 - rate) */
LVK_PARAMS_END(dropout)
