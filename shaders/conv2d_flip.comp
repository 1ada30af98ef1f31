#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/index.glsl"
#include "params/conv2d_flip.h"

layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer W {
    float w[];
};
layout(binding = 1) writeonly buffer Flipped {
    float flipped[];
};

void main() {
    const uint e = LVK_GROUP_INDEX * 64u + gl_LocalInvocationID.x;
    const uint c = e % params.in_c, line = e / params.in_c;
    const uint k = line % params.out_padded, tap = line / params.out_padded;
    if (tap < params.taps)
        flipped[e] =
            k < params.out_c ? w[((params.taps - 1u - tap) * params.in_c + c) * params.out_c + k] : 0.0;
}
