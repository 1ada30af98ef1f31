/* Images whose squares of stride_h x stride_w pixels are folded into one, see src/ops/conv_fold.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(conv2d_fold)
    lvk_u32 pixels;       /* that are written, of all images */
    lvk_u32 in_h, in_w;   /* of x */
    lvk_u32 out_h, out_w; /* of the folded x */
    lvk_i32 pad_top, pad_left;
LVK_PARAMS_END(conv2d_fold)
