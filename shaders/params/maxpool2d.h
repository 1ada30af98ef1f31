/* Max pooling and its gradient; see src/ops/maxpool2d.h. "in" is the image, "out" the pooled image. The
 * window's size is a specialization constant. */
#include "params/params.h"

LVK_PARAMS_BEGIN(maxpool2d)
    lvk_u32 count; /* elements that the launch works on */
    lvk_u32 channels;
    lvk_u32 in_h;
    lvk_u32 in_w;
    lvk_u32 out_h;
    lvk_u32 out_w;
    lvk_u32 stride_h;
    lvk_u32 stride_w;
    lvk_u32 pad_top;
    lvk_u32 pad_left;
LVK_PARAMS_END(maxpool2d)
