#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/batchnorm.h"

/* Partial sums per channel for the gradients of a batch normalization. VECTORS is true where the channels are
 * a multiple of four; an invocation then sums four channels, else one. */
layout(constant_id = 0) const bool VECTORS = true;

LVK_VECTORS(0, dy);
LVK_VECTORS(1, x);
LVK_VECTORS(2, mean);
layout(binding = 3) writeonly buffer Partial {
    vec4 partial[]; /* of each split the sums of dy, then those of dy (x - mean) */
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i >= params.splits * params.lanes)
        return;
    const uint lane = i % params.lanes, split = i / params.lanes;
    const vec4 centre = VECTORS ? LVK_LOAD(mean, lane) : vec4(LVK_LOAD_ELEMENT(mean, lane));
    vec4 sum = vec4(0.0), moment = vec4(0.0);
    for (uint row = split; row < params.rows; row += params.splits) {
        const uint at = row * params.lanes + lane;
        const vec4 slope = VECTORS ? LVK_LOAD(dy, at) : vec4(LVK_LOAD_ELEMENT(dy, at));
        const vec4 value = VECTORS ? LVK_LOAD(x, at) : vec4(LVK_LOAD_ELEMENT(x, at));
        sum += slope;
        moment += slope * (value - centre);
    }
    const uint first = split * 2u * params.stride;
    if (VECTORS) {
        partial[first + lane] = sum;
        partial[first + params.stride + lane] = moment;
    } else {
        partial[first + (lane >> 2)][lane & 3u] = sum.x;
        partial[first + params.stride + (lane >> 2)][lane & 3u] = moment.x;
    }
}
