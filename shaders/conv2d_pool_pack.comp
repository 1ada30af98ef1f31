#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/index.glsl"
#include "params/conv2d_pool_pack.h"

layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer W {
    float w[];
};
layout(binding = 1) writeonly buffer Packed {
    float packed[];
};

void main() {
    const uint e = LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x;
    if (e >= params.count)
        return;
    const uint vector = e / 4u % params.stride, block = e / 4u / params.stride, quads = params.out_c / 4u;
    const uint j = vector % params.vectors, i = vector / params.vectors % 4u, tap = vector / params.vectors / 4u;
    const uint c = (block / quads * params.vectors + j) * 4u + e % 4u, k = block % quads * 4u + i;
    packed[e] = tap < params.taps && c < params.in_c ? w[(tap * params.in_c + c) * params.out_c + k] : 0.0;
}
