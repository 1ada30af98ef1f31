#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/relu_pool.glsl"
#include "params/conv2d.h"

/* An invocation computes four elements of y, and loads scalars, so that any shape runs on any device. */
layout(constant_id = 0) const uint has_bias = 0u;
layout(binding = 0) readonly buffer X {
    float x[];
};
layout(binding = 1) readonly buffer W {
    float w[];
};
layout(binding = 2) readonly buffer Bias {
    float bias[]; /* not read when has_bias is 0 */
};
layout(binding = 3) writeonly buffer Y {
    vec4 y[];
};
layout(binding = 4) writeonly buffer Index {
    uint index[];
};

float convolve(int n, int oy, int ox, uint k) {
    float sum = has_bias != 0u ? bias[k] : 0.0;
    for (int ky = 0; ky < int(params.kernel_h); ++ky) {
        const int iy = oy + ky - params.pad_top;
        if (iy < 0 || iy >= int(params.in_h))
            continue;
        for (int kx = 0; kx < int(params.kernel_w); ++kx) {
            const int ix = ox + kx - params.pad_left;
            if (ix < 0 || ix >= int(params.in_w))
                continue;
            const uint from = uint((n * int(params.in_h) + iy) * int(params.in_w) + ix) * params.in_c;
            const uint tap = uint(ky) * params.kernel_w + uint(kx);
            for (uint c = 0u; c < params.in_c; ++c)
                sum += x[from + c] * w[(tap * params.in_c + c) * params.out_c + k];
        }
    }
    return sum;
}

void main() {
    const uint pool_h = params.out_h / 2u, pool_w = params.out_w / 2u, count = params.batch * pool_h * pool_w * params.out_c;
    const uint at = LVK_FLAT_INDEX;
    if (at * 4u >= count)
        return;
    vec4 position[4] = vec4[4](vec4(0.0), vec4(0.0), vec4(0.0), vec4(0.0));
    for (uint j = 0u; j < 4u; ++j) {
        const uint e = min(at * 4u + j, count - 1u), window = e / params.out_c;
        const int n = int(window / pool_w / pool_h), py = int(window / pool_w % pool_h), px = int(window % pool_w);
        for (int q = 0; q < 4; ++q)
            position[q][j] = convolve(n, py * 2 + q / 2, px * 2 + q % 2, e % params.out_c);
    }
    vec4 best;
    uint where;
    lvk_relu_pool(position[0], position[1], position[2], position[3], best, where);
    y[at] = best;
    index[at] = where;
}
