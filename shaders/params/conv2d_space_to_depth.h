/* Space to depth and depth to space; see src/ops/conv_space_to_depth.h. */
#include "params/params.h"

LVK_PARAMS_BEGIN(conv2d_space_to_depth)
    lvk_u32 pixels;       /* of all images that the launch writes */
    lvk_u32 in_h, in_w;   /* of x */
    lvk_u32 out_h, out_w; /* of the images after space to depth */
    lvk_i32 pad_top, pad_left;
LVK_PARAMS_END(conv2d_space_to_depth)
