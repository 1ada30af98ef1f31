#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/batchnorm.h"

/* Partial sums of (x - mean)^2 per channel. VECTORS is true where the channels are a multiple of four; an
 * invocation then sums four channels, else one. */
layout(constant_id = 0) const bool VECTORS = true;

LVK_VECTORS(0, x);
LVK_VECTORS(1, mean);
layout(binding = 2) writeonly buffer Partial {
    vec4 partial[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i >= params.splits * params.lanes)
        return;
    const uint lane = i % params.lanes, split = i / params.lanes;
    const vec4 centre = VECTORS ? LVK_LOAD(mean, lane) : vec4(LVK_LOAD_ELEMENT(mean, lane));
    vec4 sum = vec4(0.0);
    for (uint row = split; row < params.rows; row += params.splits) {
        const uint at = row * params.lanes + lane;
        const vec4 centred = (VECTORS ? LVK_LOAD(x, at) : vec4(LVK_LOAD_ELEMENT(x, at))) - centre;
        sum += centred * centred;
    }
    if (VECTORS)
        partial[split * params.stride + lane] = sum;
    else
        partial[split * params.stride + (lane >> 2)][lane & 3u] = sum.x;
}
