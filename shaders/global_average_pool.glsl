#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/global_average_pool.h"

/* The channels are a multiple of four. */
layout(constant_id = 0) const bool VECTORS = true;

LVK_VECTORS(0, x);
layout(binding = 1) writeonly buffer Y {
    vec4 y[];
};

vec4 sum_vectors(uint i) {
    const uint channels = params.channels / 4u, image = i / channels;
    uint at = image * params.pixels * channels + i % channels;
    vec4 sum = vec4(0.0);
    for (uint p = 0u; p < params.pixels; ++p, at += channels)
        sum += LVK_LOAD(x, at);
    return sum;
}

float sum_channel(uint element) {
    const uint image = element / params.channels;
    uint at = image * params.pixels * params.channels + element % params.channels;
    float sum = 0.0;
    for (uint p = 0u; element < params.count && p < params.pixels; ++p, at += params.channels)
        sum += LVK_LOAD_ELEMENT(x, at);
    return sum;
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const vec4 sum = VECTORS ? sum_vectors(i)
                             : vec4(sum_channel(i * 4u), sum_channel(i * 4u + 1u), sum_channel(i * 4u + 2u),
                                    sum_channel(i * 4u + 3u));
    y[i] = sum / float(params.pixels);
}
