/* Sums over the rows of a matrix; see src/ops/sum_rows.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(sum_rows)
    lvk_u32 rows;
    lvk_u32 lanes;  /* columns, or vectors of four columns */
    lvk_u32 splits; /* rows of the result: row s sums the source's rows s, s + splits, s + 2 splits, ... */
    lvk_u32 accumulate; /* 1: add to what the result holds */
    lvk_f32 factor;     /* the sums are multiplied by it */
    lvk_u32 relu;       /* 1: negative sums become 0 */
LVK_PARAMS_END(sum_rows)
