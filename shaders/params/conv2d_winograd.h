/* Convolution of 3x3 at stride 1 by Winograd's F(2x2, 3x3): x [N, in_h, in_w, in_c], y [N, out_h, out_w,
 * out_c]. A tile is 2x2 pixels of y. */
#include "params/params.h"

LVK_PARAMS_BEGIN(conv2d_winograd)
    lvk_u32 in_h, in_w, in_c; /* in_c is padded to a multiple of 4 */
    lvk_u32 out_h, out_w, out_c;
    lvk_i32 pad_top, pad_left;
    lvk_u32 tiles_h, tiles_w; /* of an image */
    lvk_u32 first, tiles;     /* the launch computes `tiles` of the batch's tiles, from tile `first` on */
    lvk_u32 channels;         /* input channels of w, without padding */
LVK_PARAMS_END(conv2d_winograd)
