#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/index.glsl"
#include "params/conv2d_grad_weight.h"

/* An invocation computes one element of dw over the rows of one split. The kernel runs any shape on any
 * device. */
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer X {
    float x[];
};
layout(binding = 1) readonly buffer DY {
    float dy[];
};
layout(binding = 2) buffer DW {
    float dw[]; /* [splits] tensors of dw's shape */
};

void main() {
    const uint item = LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x;
    const uint count = params.kernel_h * params.kernel_w * params.channels * params.out_c;
    const uint split = item / count, e = item % count;
    if (split >= params.splits)
        return;
    const uint k = e % params.out_c, c = e / params.out_c % params.channels, tap = e / params.out_c / params.channels;
    const int kx = int(tap % params.kernel_w), ky = int(tap / params.kernel_w);
    float sum = 0.0;
    const uint first = split * params.rows_per_split, last = min(first + params.rows_per_split, params.rows);
    for (uint row = first; row < last; ++row) {
        const int n = int(row / params.out_h);
        const int iy = int(row % params.out_h * params.stride_h) + ky - params.pad_top;
        if (iy < 0 || iy >= int(params.in_h))
            continue;
        for (uint ox = 0u; ox < params.out_w; ++ox) {
            const int ix = int(ox * params.stride_w) + kx - params.pad_left;
            if (ix >= 0 && ix < int(params.in_w))
                sum += x[uint((n * int(params.in_h) + iy) * int(params.in_w) + ix) * params.in_c + c] *
                       dy[(row * params.out_w + ox) * params.out_c + k];
        }
    }
    dw[item] = params.accumulate != 0u ? dw[item] + sum : sum;
}
