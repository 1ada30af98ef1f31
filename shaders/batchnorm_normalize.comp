#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/batchnorm.h"
#include "common/channels.glsl"

/* True where the channels are a multiple of four. */
layout(constant_id = 0) const bool VECTORS = true;

/* The buffers are not `restrict`, since y and x may be the same tensor (in place). */
LVK_VECTORS(0, x);
LVK_VECTORS(1, mean);
LVK_VECTORS(2, coefficients); /* two tables: scale, beta */
layout(binding = 3) writeonly buffer Y {
    vec4 y[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u < params.count)
        y[i] = (LVK_LOAD(x, i) - LVK_CHANNELS(mean, 0u, i)) * LVK_CHANNELS(coefficients, 0u, i) +
               LVK_CHANNELS(coefficients, 1u, i);
}
