#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/index.glsl"
#include "params/conv2d.h"

/* An invocation computes one element of dx: the sum over the outputs that read this element of x. The shape
 * and the stride are any. */
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer DY {
    float dy[];
};
layout(binding = 1) readonly buffer W {
    float w[];
};
layout(binding = 2) writeonly buffer DX {
    float dx[];
};

void main() {
    const uint item = LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x;
    const uint c = item % params.in_c, pixel = item / params.in_c;
    const int ix = int(pixel % params.in_w), row = int(pixel / params.in_w);
    const int iy = row % int(params.in_h), n = row / int(params.in_h);
    if (n >= int(params.batch))
        return;
    float sum = 0.0;
    for (int ky = 0; ky < int(params.kernel_h); ++ky) {
        const int sy = iy + params.pad_top - ky, oy = sy / int(params.stride_h);
        if (sy < 0 || oy * int(params.stride_h) != sy || oy >= int(params.out_h))
            continue;
        for (int kx = 0; kx < int(params.kernel_w); ++kx) {
            const int sx = ix + params.pad_left - kx, ox = sx / int(params.stride_w);
            if (sx < 0 || ox * int(params.stride_w) != sx || ox >= int(params.out_w))
                continue;
            const uint from = uint((n * int(params.out_h) + oy) * int(params.out_w) + ox) * params.out_c;
            const uint weight = ((uint(ky) * params.kernel_w + uint(kx)) * params.in_c + c) * params.out_c;
            for (uint k = 0u; k < params.out_c; ++k)
                sum += dy[from + k] * w[weight + k];
        }
    }
    dx[item] = sum;
}
