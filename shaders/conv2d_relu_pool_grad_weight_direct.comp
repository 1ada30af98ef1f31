#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/index.glsl"
#include "params/conv2d_pool_grad_weight.h"

/* An invocation computes one element of dw or db over the rows of one split. The kernel runs any shape on any
 * device. */
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer X {
    float x[];
};
layout(binding = 1) readonly buffer DY {
    float dy[];
};
layout(binding = 2) readonly buffer Index {
    uint index[];
};
layout(binding = 3) writeonly buffer DW {
    float dw[]; /* [splits] tensors of dw's shape */
};
layout(binding = 4) writeonly buffer DB {
    float db[]; /* [splits] tensors of db's shape */
};

void main() {
    const uint item = LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x;
    const uint weights = params.kernel_h * params.kernel_w * params.channels * params.out_c, count = weights + params.out_c;
    const uint split = item / count, e = item % count;
    if (split >= params.splits)
        return;
    const bool is_bias = e >= weights;
    const uint k = e % params.out_c, c = e / params.out_c % params.channels, tap = e / params.out_c / params.channels;
    const int kx = int(tap % params.kernel_w), ky = int(tap / params.kernel_w);
    float sum = 0.0;
    const uint first = split * params.rows_per_split, last = min(first + params.rows_per_split, params.rows);
    for (uint row = first; row < last; ++row)
        for (uint px = 0u; px < params.pool_w; ++px) {
            const uint at = (row * params.pool_w + px) * params.out_c + k;
            const uint position = index[at / 4u] >> at % 4u * 8u & 255u;
            if (position > 3u)
                continue;
            const int n = int(row / params.pool_h);
            const int iy = int(row % params.pool_h * 2u + position / 2u) + ky - params.pad_top;
            const int ix = int(px * 2u + position % 2u) + kx - params.pad_left;
            if (is_bias)
                sum += dy[at];
            else if (iy >= 0 && iy < int(params.in_h) && ix >= 0 && ix < int(params.in_w))
                sum += x[uint((n * int(params.in_h) + iy) * int(params.in_w) + ix) * params.in_c + c] * dy[at];
        }
    if (is_bias)
        db[split * params.out_c + k] = sum;
    else
        dw[split * weights + e] = sum;
}
