#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/global_average_pool.h"

/* True where the channels are a multiple of four. An invocation then handles four channels of one image, else
 * four elements one by one. */
layout(constant_id = 0) const bool VECTORS = true;

LVK_VECTORS(0, x);
layout(binding = 1) writeonly buffer Y {
    vec4 y[];
};

/* Element `at` of the images and, where channels come in fours, the three after it. */
vec4 load(uint at) {
    return VECTORS ? LVK_LOAD(x, at >> 2) : vec4(LVK_LOAD_ELEMENT(x, at));
}

vec4 mean(uint at) {
    const uint first = at / params.channels * params.area * params.channels + at % params.channels;
    vec4 sum = vec4(0.0);
    for (uint pixel = 0u; pixel < params.area; ++pixel)
        sum += load(first + pixel * params.channels);
    return sum * params.factor;
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    vec4 result = vec4(0.0);
    if (VECTORS)
        result = mean(i * 4u);
    else
        for (uint part = 0u; part < 4u && i * 4u + part < params.count; ++part)
            result[part] = mean(i * 4u + part).x;
    y[i] = result;
}
