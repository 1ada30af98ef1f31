#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common/index.glsl"
#include "params/conv2d.h"

/* An invocation computes 4 input channels of dx at the same pixel of 4 images, so that the images share taps
 * and weights. The stride is any; in_c and out_c are multiples of 4. */
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer DY {
    vec4 dy[];
};
layout(binding = 1) readonly buffer W {
    vec4 w[];
};
layout(binding = 2) writeonly buffer DX {
    vec4 dx[];
};

void main() {
    const int in4 = int(params.in_c) / 4, out4 = int(params.out_c) / 4;
    const int in_pixels = int(params.in_h * params.in_w), out_pixels = int(params.out_h * params.out_w);
    const int item = int(LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x);
    const int c = item % in4, place = item / in4 % in_pixels, n0 = item / in4 / in_pixels * 4;
    const int ix = place % int(params.in_w), iy = place / int(params.in_w);
    if (n0 >= int(params.batch))
        return;
    const int last = int(params.batch) - 1;
    vec4 sum[4];
    [[unroll]] for (int q = 0; q < 4; ++q)
        sum[q] = vec4(0.0);
    for (int ky = 0; ky < int(params.kernel_h); ++ky) {
        const int sy = iy + params.pad_top - ky, oy = sy / int(params.stride_h);
        if (sy < 0 || oy * int(params.stride_h) != sy || oy >= int(params.out_h))
            continue;
        for (int kx = 0; kx < int(params.kernel_w); ++kx) {
            const int sx = ix + params.pad_left - kx, ox = sx / int(params.stride_w);
            if (sx < 0 || ox * int(params.stride_w) != sx || ox >= int(params.out_w))
                continue;
            const int from = (oy * int(params.out_w) + ox) * out4;
            const int weight = ((ky * int(params.kernel_w) + kx) * in4 + c) * 4 * out4;
            for (int k = 0; k < out4; ++k) {
                /* A column holds the weights from one input channel to 4 output channels, so that a vector of
                 * dy times the matrix is one term of dx for each of 4 input channels. */
                const mat4 weights = mat4(w[weight + k], w[weight + out4 + k], w[weight + 2 * out4 + k],
                                          w[weight + 3 * out4 + k]);
                [[unroll]] for (int q = 0; q < 4; ++q)
                    sum[q] += dy[min(n0 + q, last) * out_pixels * out4 + from + k] * weights;
            }
        }
    }
    [[unroll]] for (int q = 0; q < 4; ++q)
        if (n0 + q <= last)
            dx[((n0 + q) * in_pixels + place) * in4 + c] = sum[q];
}
