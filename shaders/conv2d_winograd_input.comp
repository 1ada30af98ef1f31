#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
/* Winograd's transform of the input, V = B^T d B: d are the 4x4 pixels of x that a tile of y depends on, and
 * v is [4 * 4, tiles, in_c]. An invocation transforms four channels of a tile. */
#include "common/index.glsl"
#include "params/conv2d_winograd.h"
layout(local_size_x = 64) in;

layout(binding = 0) readonly buffer X {
    vec4 x[];
};
layout(binding = 1) writeonly buffer V {
    vec4 v[];
};

void main() {
    const uint e = LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x;
    const uint in4 = params.in_c / 4u, count = params.tiles * in4;
    if (e >= count)
        return;
    const uint quad = e % in4, tile = params.first + e / in4, line = tile / params.tiles_w, n = line / params.tiles_h;
    const int top = int(line % params.tiles_h) * 2 - params.pad_top;
    const int left = int(tile % params.tiles_w) * 2 - params.pad_left;
    vec4 t[4][4]; /* B^T d */
    [[unroll]] for (int j = 0; j < 4; ++j) {
        vec4 d[4];
        [[unroll]] for (int i = 0; i < 4; ++i) {
            const bool inside = uint(top + i) < params.in_h && uint(left + j) < params.in_w;
            const uint at = ((n * params.in_h + uint(top + i)) * params.in_w + uint(left + j)) * in4 + quad;
            d[i] = inside ? x[inside ? at : 0u] : vec4(0.0);
        }
        t[0][j] = d[0] - d[2];
        t[1][j] = d[1] + d[2];
        t[2][j] = d[2] - d[1];
        t[3][j] = d[1] - d[3];
    }
    [[unroll]] for (uint i = 0u; i < 4u; ++i) {
        v[(4u * i) * count + e] = t[i][0] - t[i][2];
        v[(4u * i + 1u) * count + e] = t[i][1] + t[i][2];
        v[(4u * i + 2u) * count + e] = t[i][2] - t[i][1];
        v[(4u * i + 3u) * count + e] = t[i][1] - t[i][3];
    }
}
