#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common/index.glsl"
#include "params/conv2d_grad_weight.h"

/* An invocation computes dw of one tap for 4 input x 4 output channels, over the rows of one split. in_c
 * (which counts padding) and out_c are multiples of 4. */
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer X {
    vec4 x[];
};
layout(binding = 1) readonly buffer DY {
    vec4 dy[];
};
layout(binding = 2) buffer DW {
    vec4 dw[];
};

void main() {
    const int in4 = int(params.in_c) / 4, out4 = int(params.out_c) / 4;
    const int taps = int(params.kernel_h * params.kernel_w);
    const int item = int(LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x);
    const int k = item % out4, c = item / out4 % in4, tap = item / out4 / in4 % taps, split = item / out4 / in4 / taps;
    if (split >= int(params.splits))
        return;
    const int kx = tap % int(params.kernel_w), ky = tap / int(params.kernel_w);
    vec4 sum[4];
    [[unroll]] for (int i = 0; i < 4; ++i)
        sum[i] = vec4(0.0);
    const int first = split * int(params.rows_per_split);
    const int last = min(first + int(params.rows_per_split), int(params.rows));
    for (int row = first; row < last; ++row) {
        const int n = row / int(params.out_h);
        const int iy = row % int(params.out_h) * int(params.stride_h) + ky - params.pad_top;
        if (iy < 0 || iy >= int(params.in_h))
            continue;
        for (int ox = 0; ox < int(params.out_w); ++ox) {
            const int ix = ox * int(params.stride_w) + kx - params.pad_left;
            if (ix < 0 || ix >= int(params.in_w))
                continue;
            const vec4 g = dy[(row * int(params.out_w) + ox) * out4 + k];
            const vec4 v = x[((n * int(params.in_h) + iy) * int(params.in_w) + ix) * in4 + c];
            [[unroll]] for (int i = 0; i < 4; ++i)
                sum[i] += v[i] * g;
        }
    }
    [[unroll]] for (int i = 0; i < 4; ++i)
        if (c * 4 + i < int(params.channels)) {
            const int at = ((split * taps + tap) * int(params.channels) + c * 4 + i) * out4 + k;
            dw[at] = params.accumulate != 0u ? dw[at] + sum[i] : sum[i];
        }
}
