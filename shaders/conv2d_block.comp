#version 450
#extension GL_GOOGLE_include_directive : require
/* conv2d: an invocation computes 4 pixels x 4 output channels (src/ops/conv_tiling.c counts with the same
 * numbers). in_c and out_c are multiples of 4. A step of the sum is 4 input channels of one tap. A split is a
 * range of steps, whose partial sums are a tensor of their own. With LVK_RESIDUAL 1 the kernel adds a tensor
 * of y's type, with the constant `relu` 1 it ends with a ReLU. */
#extension GL_EXT_control_flow_attributes : require
#include "common/index.glsl"
#include "common/relu.glsl"
#include "params/conv2d.h"

layout(local_size_x = 64) in;
layout(constant_id = 0) const uint has_bias = 0u;
layout(constant_id = 1) const uint relu = 0u;
layout(binding = 0) readonly buffer X {
    vec4 x[];
};
layout(binding = 1) readonly buffer W {
    vec4 w[];
};
layout(binding = 2) readonly buffer Bias {
    vec4 bias[]; /* not read when has_bias is 0 */
};
layout(binding = 3) writeonly buffer Y {
    vec4 y[];
};
#if LVK_RESIDUAL
layout(binding = 4) readonly buffer Residual {
    vec4 residual[];
};
#endif

void main() {
    const int in4 = int(params.in_c) / 4, out4 = int(params.out_c) / 4;
    const int pixels = int(params.batch * params.out_h * params.out_w), tiles = (pixels + 3) / 4;
    const int item = int(LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x);
    const int k = item % out4, tile = item / out4 % tiles, split = item / out4 / tiles;
    if (split >= int(params.splits))
        return;
    int iy[4], ix[4], image[4];
    vec4 sum[4];
    [[unroll]] for (int q = 0; q < 4; ++q) {
        const int pixel = min(tile * 4 + q, pixels - 1), row = pixel / int(params.out_w);
        ix[q] = pixel % int(params.out_w) * int(params.stride_w) - params.pad_left;
        iy[q] = row % int(params.out_h) * int(params.stride_h) - params.pad_top;
        image[q] = row / int(params.out_h);
        sum[q] = has_bias != 0u && split == 0 ? bias[k] : vec4(0.0);
#if LVK_RESIDUAL
        if (split == 0)
            sum[q] += residual[pixel * out4 + k];
#endif
    }
    const int first = split * int(params.steps_per_split);
    const int last = min(first + int(params.steps_per_split), int(params.kernel_h * params.kernel_w) * in4);
    for (int step = first; step < last; ++step) {
        const int c = step % in4, tap = step / in4;
        const int kx = tap % int(params.kernel_w), ky = tap / int(params.kernel_w);
        vec4 v[4];
        [[unroll]] for (int q = 0; q < 4; ++q) {
            const int py = iy[q] + ky, px = ix[q] + kx;
            const bool inside = uint(py) < params.in_h && uint(px) < params.in_w;
            const int at = ((image[q] * int(params.in_h) + py) * int(params.in_w) + px) * in4 + c;
            v[q] = inside ? x[inside ? at : 0] : vec4(0.0);
        }
        [[unroll]] for (int i = 0; i < 4; ++i) {
            const vec4 weight = w[(step * 4 + i) * out4 + k];
            [[unroll]] for (int q = 0; q < 4; ++q)
                sum[q] += v[q][i] * weight;
        }
    }
    [[unroll]] for (int q = 0; q < 4; ++q)
        if (tile * 4 + q < pixels)
            y[(split * pixels + tile * 4 + q) * out4 + k] = relu != 0u ? lvk_relu(sum[q]) : sum[q];
}
