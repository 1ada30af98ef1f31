/* Sums of the rows of a matrix, see src/ops/sum_rows.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(sum_rows)
    lvk_u32 rows;
    lvk_u32 lanes;  /* columns, or vectors of four columns */
    lvk_u32 splits; /* rows of the result: row s sums the source's rows s, s + splits, s + 2 splits, ... */
    lvk_u32 accumulate; /* 1: add to what the result holds */
    lvk_f32 factor;     /* of the result */
    lvk_u32 relu;       /* 1: of the sums, what is negative becomes 0 */
LVK_PARAMS_END(sum_rows)
