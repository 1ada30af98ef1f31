#version 450
#extension GL_GOOGLE_include_directive : require
/* conv2d: an invocation computes one output, and loads scalars, so that any shape runs on any device. With
 * LVK_RESIDUAL 1 the kernel adds a tensor of y's type, with the constant `relu` 1 it ends with a ReLU. */
#include "common/index.glsl"
#include "common/relu.glsl"
#include "params/conv2d.h"

layout(local_size_x = 64) in;
layout(constant_id = 0) const uint has_bias = 0u;
layout(constant_id = 1) const uint relu = 0u;
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
    float y[];
};
#if LVK_RESIDUAL
layout(binding = 4) readonly buffer Residual {
    float residual[];
};
#endif

void main() {
    const uint item = LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x;
    const uint k = item % params.out_c, pixel = item / params.out_c;
    const int ox = int(pixel % params.out_w), row = int(pixel / params.out_w);
    const int oy = row % int(params.out_h), n = row / int(params.out_h);
    if (n >= int(params.batch))
        return;
    float sum = 0.0;
    for (int ky = 0; ky < int(params.kernel_h); ++ky) {
        const int iy = oy * int(params.stride_h) + ky - params.pad_top;
        if (iy < 0 || iy >= int(params.in_h))
            continue;
        for (int kx = 0; kx < int(params.kernel_w); ++kx) {
            const int ix = ox * int(params.stride_w) + kx - params.pad_left;
            if (ix < 0 || ix >= int(params.in_w))
                continue;
            const uint from = uint((n * int(params.in_h) + iy) * int(params.in_w) + ix) * params.in_c;
            const uint tap = uint(ky) * params.kernel_w + uint(kx);
            for (uint c = 0u; c < params.in_c; ++c)
                sum += x[from + c] * w[(tap * params.in_c + c) * params.out_c + k];
        }
    }
    if (has_bias != 0u)
        sum += bias[k];
#if LVK_RESIDUAL
    sum += residual[item];
#endif
    y[item] = relu != 0u ? lvk_relu(vec4(sum)).x : sum;
}
