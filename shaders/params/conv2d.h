/* Convolutions and dense layers, and their gradients with respect to the input: x [N, in_h, in_w, in_c],
 * w [kernel_h, kernel_w, in_c, out_c], y [N, out_h, out_w, out_c]. */
#include "params/params.h"

LVK_PARAMS_BEGIN(conv2d)
    lvk_u32 batch;
    lvk_u32 in_h, in_w, in_c;
    lvk_u32 out_h, out_w, out_c;
    lvk_u32 kernel_h, kernel_w;
    lvk_u32 stride_h, stride_w;
    lvk_i32 pad_top, pad_left;
    lvk_u32 splits; /* ranges of steps of the sum; the partial sums of each split are a tensor of their own */
    lvk_u32
        steps_per_split; /* of 4 products; in conv2d_tile of 16, in conv2d_subgroup those of an iteration */
    /* Only conv2d_subgroup with a transposed w reads these: tap (ky, kx) is tap number tap + ky * tap_down +
     * kx * tap_right of w, and output (oy, ox) is pixel (y_top + oy * stride_h, y_left + ox * stride_w) of
     * y. */
    lvk_i32 tap, tap_down, tap_right;
    lvk_u32 y_h, y_w, y_top, y_left;
LVK_PARAMS_END(conv2d)
