#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/batchnorm.h"

/* Sums over the rows, by channel, of what is left of x when its mean is taken away: PRODUCTS false: its squares; true: its
 * products with dy, divided by the standard deviation. Rows s, s + splits, s + 2 splits, ... go to row s of the result, as in
 * sum_rows.glsl. */
layout(constant_id = 0) const bool VECTORS = true; /* the channels are a multiple of four */
layout(constant_id = 1) const bool PRODUCTS = false;

LVK_VECTORS(0, x);
LVK_VECTORS(1, dy);
layout(binding = 2) uniform samplerBuffer mean; /* a number a channel: always texels, of which every device has enough */
layout(binding = 3) uniform samplerBuffer variance;
layout(binding = 4) writeonly buffer Y {
    float y[];
};

vec4 load_x(uint at) {
    return VECTORS ? LVK_LOAD(x, at) : vec4(LVK_LOAD_ELEMENT(x, at));
}

vec4 load_dy(uint at) {
    return VECTORS ? LVK_LOAD(dy, at) : vec4(LVK_LOAD_ELEMENT(dy, at));
}

/* Of the channels of lane `lane`. */
vec4 channels_of(vec4 whole, uint lane) {
    return VECTORS ? whole : vec4(whole[lane & 3u]);
}

void main() {
    const uint i = LVK_FLAT_INDEX, lanes = VECTORS ? params.channels / 4u : params.channels;
    if (i >= params.splits * lanes)
        return;
    const uint lane = i % lanes, quad = VECTORS ? lane : lane >> 2, end = params.rows * lanes, step = params.splits * lanes;
    const vec4 center = channels_of(texelFetch(mean, int(quad)), lane);
    vec4 sum = vec4(0.0);
    for (uint at = i; at < end; at += step) {
        const vec4 distance = load_x(at) - center;
        sum += distance * (PRODUCTS ? load_dy(at) : distance);
    }
    if (PRODUCTS)
        sum /= sqrt(channels_of(texelFetch(variance, int(quad)), lane) + params.epsilon);
    sum *= params.scale;
    if (VECTORS) {
        for (uint k = 0u; k < 4u; ++k)
            y[i * 4u + k] = sum[k];
    } else {
        y[i] = sum.x;
    }
}
