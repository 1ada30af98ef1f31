#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/bias.h"

/* True where the channels are a multiple of four. */
layout(constant_id = 0) const bool VECTORS = true;

/* The buffers are not `restrict`, since y and x may be the same tensor (in place). */
LVK_VECTORS(0, x);
layout(binding = 1) readonly buffer B {
    vec4 b[];
};
layout(binding = 2) writeonly buffer Y {
    vec4 y[];
};

/* The biases of elements 4i .. 4i + 3. */
vec4 biases(uint i) {
    if (VECTORS)
        return b[i % (params.channels / 4u)];
    const uvec4 channel = (i * 4u + uvec4(0, 1, 2, 3)) % params.channels;
    return vec4(b[channel.x >> 2][channel.x & 3u], b[channel.y >> 2][channel.y & 3u], b[channel.z >> 2][channel.z & 3u],
                b[channel.w >> 2][channel.w & 3u]);
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u < params.count)
        y[i] = LVK_LOAD(x, i) + biases(i);
}
