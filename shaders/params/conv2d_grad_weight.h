/* dw [kernel_h, kernel_w, channels, out_c] from x [N, in_h, in_w, in_c] and dy [N, out_h, out_w, out_c]. */
#include "params/params.h"

LVK_PARAMS_BEGIN(conv2d_grad_weight)
    lvk_u32 rows; /* N * out_h rows of dy */
    lvk_u32 in_h, in_w, in_c;
    lvk_u32 channels; /* input channels of w; in_c is larger where x is padded */
    lvk_u32 out_h, out_w, out_c;
    lvk_u32 kernel_h, kernel_w;
    lvk_u32 stride_h, stride_w;
    lvk_i32 pad_top, pad_left;
    lvk_u32 splits; /* ranges of rows; the partial sums of each split are a tensor of their own */
    lvk_u32 rows_per_split;
    lvk_u32 accumulate; /* 1: add to what dw holds; never with several splits */
LVK_PARAMS_END(conv2d_grad_weight)
