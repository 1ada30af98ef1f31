#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
/* Winograd's transform of the weights, U = G g G^T: u is [4 * 4, in_c, out_c], and the nine numbers g are
 * taken from w [3, 3, channels, out_c]. With flip 1, w is [3, 3, out_c, channels], and its taps are read in
 * reverse order. */
#include "common/index.glsl"
#include "params/conv2d_winograd.h"
layout(local_size_x = 64) in;
layout(constant_id = 0) const uint flip = 0u;

layout(binding = 0) readonly buffer W {
    float w[];
};
layout(binding = 1) writeonly buffer U {
    float u[];
};

vec4 transform(float g0, float g1, float g2) {
    return vec4(g0, 0.5 * (g0 + g2 + g1), 0.5 * (g0 + g2 - g1), g2);
}

void main() {
    const uint e = LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x;
    const uint k = e % params.out_c, c = e / params.out_c, count = params.in_c * params.out_c;
    if (e >= count)
        return;
    float g[9];
    [[unroll]] for (uint tap = 0u; tap < 9u; ++tap) {
        const uint at = flip != 0u ? ((8u - tap) * params.out_c + k) * params.channels + c
                                   : (tap * params.channels + c) * params.out_c + k;
        g[tap] = c < params.channels ? w[c < params.channels ? at : 0u] : 0.0;
    }
    const vec4 left = transform(g[0], g[3], g[6]), middle = transform(g[1], g[4], g[7]), right = transform(g[2], g[5], g[8]);
    [[unroll]] for (uint i = 0u; i < 4u; ++i) {
        const vec4 line = transform(left[i], middle[i], right[i]);
        [[unroll]] for (uint j = 0u; j < 4u; ++j)
            u[(4u * i + j) * count + e] = line[j];
    }
}
