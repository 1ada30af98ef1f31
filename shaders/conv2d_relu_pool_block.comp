#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "common/index.glsl"
#include "common/relu_pool.glsl"
#include "params/conv2d.h"

/* An invocation computes one pool window x 4 output channels (src/ops/conv2d_relu_pool.c counts with the same
 * numbers). in_c and out_c are multiples of 4. */
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint has_bias = 0u;
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
layout(binding = 4) writeonly buffer Index {
    uint index[];
};

void main() {
    const int in4 = int(params.in_c) / 4, out4 = int(params.out_c) / 4, in_h = int(params.in_h), in_w = int(params.in_w);
    const int pool_h = int(params.out_h) / 2, pool_w = int(params.out_w) / 2;
    const int item = int(LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x), k = item % out4, window = item / out4;
    const int n = window / pool_w / pool_h;
    if (n >= int(params.batch))
        return;
    const int iy = window / pool_w % pool_h * 2 - params.pad_top, ix = window % pool_w * 2 - params.pad_left;
    vec4 sum[4];
    [[unroll]] for (int q = 0; q < 4; ++q)
        sum[q] = has_bias != 0u ? bias[k] : vec4(0.0);
    const int steps = int(params.kernel_h * params.kernel_w) * in4;
    for (int step = 0; step < steps; ++step) {
        const int c = step % in4, tap = step / in4, kx = tap % int(params.kernel_w), ky = tap / int(params.kernel_w);
        vec4 v[4];
        [[unroll]] for (int q = 0; q < 4; ++q) {
            const int py = iy + ky + q / 2, px = ix + kx + q % 2;
            const bool inside = uint(py) < params.in_h && uint(px) < params.in_w;
            const int at = ((n * in_h + py) * in_w + px) * in4 + c;
            v[q] = inside ? x[inside ? at : 0] : vec4(0.0);
        }
        [[unroll]] for (int i = 0; i < 4; ++i) {
            const vec4 weight = w[(step * 4 + i) * out4 + k];
            [[unroll]] for (int q = 0; q < 4; ++q)
                sum[q] += v[q][i] * weight;
        }
    }
    vec4 best;
    uint where;
    lvk_relu_pool(sum[0], sum[1], sum[2], sum[3], best, where);
    y[item] = best;
    index[item] = where;
}
