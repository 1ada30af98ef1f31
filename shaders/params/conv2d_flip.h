/* wt [kernel_h, kernel_w, out_padded, in_c] from w [kernel_h, kernel_w, in_c, out_c]: the taps in reverse
 * order along both axes, the channels transposed. */
#include "params/params.h"

LVK_PARAMS_BEGIN(conv2d_flip)
    lvk_u32 taps; /* kernel_h * kernel_w */
    lvk_u32 in_c, out_c, out_padded;
LVK_PARAMS_END(conv2d_flip)
