/* The kernel as conv2d_relu_pool_grad_input_subgroup.glsl reads it, from w [taps, in_c, out_c]: for each
 * group of `vectors` x 4 input channels and each 4 output channels, the values that the lanes share in an iteration,
 * [taps, 4, vectors] vectors of 4 input channels, followed by zeros up to `stride` vectors. */
#include "params/params.h"

LVK_PARAMS_BEGIN(conv2d_pool_pack)
    lvk_u32 taps, in_c, out_c;
    lvk_u32 vectors, stride;
    lvk_u32 count; /* floats written */
LVK_PARAMS_END(conv2d_pool_pack)
