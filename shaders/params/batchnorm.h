/* Batch normalization; see src/ops/batchnorm.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(batchnorm)
    lvk_u32 count; /* elements of x */
    lvk_u32 channels;
    lvk_u32 rows;   /* count / channels: over so many go means and variances */
    lvk_u32 splits; /* of a sum over the rows, as in params/sum_rows.h */
    lvk_f32 epsilon;
    lvk_f32 scale; /* by which a sum is multiplied */
LVK_PARAMS_END(batchnorm)
