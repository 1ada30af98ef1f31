#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/bce.h"

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

void main() {
    const uint n = LVK_FLAT_INDEX;
    if (n >= params.rows)
        return;
    const float logit = z[n], target = labels[n].x, weight = labels[n].y;
    /* sigmoid(z) - target, written as one fraction. A difference of the rounded sigmoid and the target would
     * lose its digits where the two are nearly equal. */
    const float e = exp(-abs(logit));
    const float difference = logit < 0.0 ? e * (1.0 - target) - target : (1.0 - target) - e * target;
    dz[n] = dloss[0] * weight * (difference / (1.0 + e));
}
