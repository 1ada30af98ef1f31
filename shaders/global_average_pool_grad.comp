#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/global_average_pool.h"

/* True where the channels are a multiple of four. An invocation then handles four channels of one pixel, else
 * four elements one by one. */
layout(constant_id = 0) const bool VECTORS = true;

LVK_VECTORS(0, dy);
layout(binding = 1) writeonly buffer DX {
    vec4 dx[];
};

/* The element of dy that belongs to element `at` of dx. */
uint source(uint at) {
    return at / params.channels / params.area * params.channels + at % params.channels;
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    vec4 share = vec4(0.0);
    if (VECTORS)
        share = LVK_LOAD(dy, source(i * 4u) >> 2);
    else
        for (uint part = 0u; part < 4u && i * 4u + part < params.count; ++part)
            share[part] = LVK_LOAD_ELEMENT(dy, source(i * 4u + part));
    dx[i] = share * params.factor;
}
