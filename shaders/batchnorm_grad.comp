#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/batchnorm.h"
#include "common/channels.glsl"

/* True where the channels are a multiple of four. */
layout(constant_id = 0) const bool VECTORS = true;

/* The buffers are not `restrict`, since dx and dy may be the same tensor (in place). */
LVK_VECTORS(0, dy);
LVK_VECTORS(1, x);
LVK_VECTORS(2, coefficients); /* four tables: scale, slope, offset, mean */
layout(binding = 3) writeonly buffer DX {
    vec4 dx[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const vec4 centred = LVK_LOAD(x, i) - LVK_CHANNELS(coefficients, 3u, i);
    dx[i] = LVK_CHANNELS(coefficients, 0u, i) *
            ((LVK_LOAD(dy, i) - LVK_CHANNELS(coefficients, 2u, i)) - LVK_CHANNELS(coefficients, 1u, i) * centred);
}
