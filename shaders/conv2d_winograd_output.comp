#version 450
#extension GL_GOOGLE_include_directive : require
/* Winograd's transform of the output, y = A^T m A: m is [4 * 4, tiles, out_c], and an invocation computes
 * four channels of a tile, 2x2 pixels of y. It then adds the bias and, with LVK_RESIDUAL 1, a tensor of y's
 * type, and may end with a ReLU. */
#extension GL_EXT_control_flow_attributes : require
#include "common/index.glsl"
#include "common/relu.glsl"
#include "params/conv2d_winograd.h"
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint has_bias = 0u;
layout(constant_id = 1) const uint relu = 0u;

layout(binding = 0) readonly buffer M {
    vec4 m[];
};
layout(binding = 1) readonly buffer Bias {
    vec4 bias[]; /* not read when has_bias is 0 */
};
layout(binding = 2) writeonly buffer Y {
    vec4 y[];
};
#if LVK_RESIDUAL
layout(binding = 3) readonly buffer Residual {
    vec4 residual[];
};
#endif

void main() {
    const uint e = LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x;
    const uint out4 = params.out_c / 4u, count = params.tiles * out4;
    if (e >= count)
        return;
    vec4 t[2][4]; /* A^T m */
    [[unroll]] for (uint j = 0u; j < 4u; ++j) {
        vec4 column[4];
        [[unroll]] for (uint i = 0u; i < 4u; ++i)
            column[i] = m[(4u * i + j) * count + e];
        t[0][j] = column[0] + column[1] + column[2];
        t[1][j] = column[1] - column[2] - column[3];
    }
    const uint quad = e % out4, tile = params.first + e / out4, line = tile / params.tiles_w, n = line / params.tiles_h;
    const vec4 offset = has_bias != 0u ? bias[quad] : vec4(0.0);
    [[unroll]] for (uint i = 0u; i < 2u; ++i)
        [[unroll]] for (uint j = 0u; j < 2u; ++j) {
            const uint oy = line % params.tiles_h * 2u + i, ox = tile % params.tiles_w * 2u + j;
            if (oy < params.out_h && ox < params.out_w) {
                const uint at = ((n * params.out_h + oy) * params.out_w + ox) * out4 + quad;
                vec4 sum = j == 0u ? t[i][0] + t[i][1] + t[i][2] : t[i][1] - t[i][2] - t[i][3];
                sum += offset;
#if LVK_RESIDUAL
                sum += residual[at];
#endif
                y[at] = relu != 0u ? lvk_relu(sum) : sum;
            }
        }
}
