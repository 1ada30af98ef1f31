#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/softmax_cross_entropy.h"

layout(binding = 0) readonly buffer Z {
    float z[];
};
layout(binding = 1) readonly buffer Labels {
    vec2 labels[]; /* target, weight */
};
layout(binding = 2) readonly buffer DLoss {
    float dloss[];
};
layout(binding = 3) writeonly buffer DZ {
    float dz[];
};

/* An invocation computes one row. */
void main() {
    const uint n = LVK_FLAT_INDEX;
    if (n >= params.rows)
        return;
    const uint first = n * params.classes;
    const float target = labels[n].x, slope = dloss[0] * labels[n].y;
    float largest = z[first];
    for (uint k = 1u; k < params.classes; ++k)
        largest = max(largest, z[first + k]);
    float all = 0.0, others = 0.0;
    for (uint k = 0u; k < params.classes; ++k) {
        const float e = exp(z[first + k] - largest);
        all += e;
        others += float(k) == target ? 0.0 : e;
    }
    /* For the target, probability - 1 is minus the sum of the other probabilities. */
    for (uint k = 0u; k < params.classes; ++k)
        dz[first + k] = slope * ((float(k) == target ? -others : exp(z[first + k] - largest)) / all);
}
