#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/index.glsl"
#include "params/conv2d.h"

/* An invocation computes one element of dx, and loads scalars, so that any shape runs on any device. */
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer DY {
    float dy[];
};
layout(binding = 1) readonly buffer Index {
    uint index[];
};
layout(binding = 2) readonly buffer W {
    float w[];
};
layout(binding = 3) writeonly buffer DX {
    float dx[];
};

void main() {
    const uint item = LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x;
    const uint c = item % params.in_c, pixel = item / params.in_c, pool_h = params.out_h / 2u, pool_w = params.out_w / 2u;
    const int ix = int(pixel % params.in_w), iy = int(pixel / params.in_w % params.in_h);
    const uint n = pixel / params.in_w / params.in_h;
    if (n >= params.batch)
        return;
    float sum = 0.0;
    for (int ky = 0; ky < int(params.kernel_h); ++ky) {
        const int oy = iy + params.pad_top - ky;
        if (oy < 0 || oy >= int(pool_h * 2u))
            continue;
        for (int kx = 0; kx < int(params.kernel_w); ++kx) {
            const int ox = ix + params.pad_left - kx;
            if (ox < 0 || ox >= int(pool_w * 2u))
                continue;
            const uint position = uint(oy % 2 * 2 + ox % 2), tap = uint(ky) * params.kernel_w + uint(kx);
            const uint from = ((n * pool_h + uint(oy) / 2u) * pool_w + uint(ox) / 2u) * params.out_c;
            for (uint k = 0u; k < params.out_c; ++k)
                if ((index[(from + k) / 4u] >> (from + k) % 4u * 8u & 255u) == position)
                    sum += dy[from + k] * w[(tap * params.in_c + c) * params.out_c + k];
        }
    }
    dx[item] = sum;
}
