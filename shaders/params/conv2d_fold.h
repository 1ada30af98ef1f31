/* Images with each square of stride_h x stride_w pixels folded into one, see src/ops/conv_forward.c. */
#include "params/params.h"

LVK_PARAMS_BEGIN(conv2d_fold)
    lvk_u32 pixels; /* of the result: batch * out_h * out_w */
    lvk_u32 in_h, in_w;
    lvk_u32 out_h, out_w;
    lvk_i32 pad_top, pad_left;
LVK_PARAMS_END(conv2d_fold)
