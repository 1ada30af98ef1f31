/* Batch normalization and its gradients; see src/ops/batchnorm.h. Where a buffer holds several tables of one
 * number per channel, each table begins `stride` vectors of four numbers after the one before. */
#include "params/params.h"

LVK_PARAMS_BEGIN(batchnorm)
    lvk_u32 count; /* elements of x */
    lvk_u32 channels;
    lvk_u32 stride;     /* channels / 4, rounded up */
    lvk_u32 rows;       /* count / channels */
    lvk_u32 lanes;      /* vectors of a row where channels are a multiple of four, else elements of a row */
    lvk_u32 splits;     /* partial sums of a channel */
    lvk_u32 accumulate; /* 1: add to what the result holds */
    lvk_f32 factor;     /* 1 / rows */
    lvk_f32 epsilon;
LVK_PARAMS_END(batchnorm)
