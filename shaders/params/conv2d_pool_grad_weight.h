/* dw [kernel_h, kernel_w, channels, out_c] and db [out_c] from x [N, in_h, in_w, in_c], dy and index
 * [N, pool_h, pool_w, out_c], for a convolution at stride 1 that was pooled 2x2. */
#include "params/params.h"

LVK_PARAMS_BEGIN(conv2d_pool_grad_weight)
    lvk_u32 rows; /* N * pool_h rows of dy */
    lvk_u32 in_h, in_w, in_c;
    lvk_u32 channels; /* input channels of w; in_c is larger where x is padded */
    lvk_u32 pool_h, pool_w, out_c;
    lvk_u32 kernel_h, kernel_w;
    lvk_i32 pad_top, pad_left;
    lvk_u32 splits; /* ranges of rows; each has a dw and a db of its own */
    lvk_u32 rows_per_split;
LVK_PARAMS_END(conv2d_pool_grad_weight)
