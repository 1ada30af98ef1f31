/* A dense layer for a batch of few rows; see src/ops/dense_gemv.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(dense_gemv)
    lvk_u32 items;   /* splits x columns */
    lvk_u32 columns; /* vectors of four outputs */
    lvk_u32 inputs;  /* vectors of four inputs */
    lvk_u32 inputs_per_split;
LVK_PARAMS_END(dense_gemv)
