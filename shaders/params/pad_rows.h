/* Copies [outer, rows, width] to [outer, rows_padded, width]; the new rows are zero. */
#include "params/params.h"

LVK_PARAMS_BEGIN(pad_rows)
    lvk_u32 count; /* elements of the result */
    lvk_u32 rows, rows_padded, width;
LVK_PARAMS_END(pad_rows)
