#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/log1p.glsl"
#include "params/bce.h"

/* Partial sums of the weighted losses; src/ops/bce.h has the formula. */
layout(binding = 0) readonly buffer Z {
    float z[];
};
layout(binding = 1) readonly buffer Labels {
    vec2 labels[]; /* target, weight */
};
layout(binding = 2) writeonly buffer Partial {
    float partial[];
};

float loss(uint n) {
    const float logit = z[n], target = labels[n].x, weight = labels[n].y;
    return weight * (max(logit, 0.0) - logit * target + lvk_log1p(exp(-abs(logit))));
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i >= params.splits)
        return;
    float sum = 0.0;
    for (uint n = i; n < params.rows; n += params.splits)
        sum += loss(n);
    partial[i] = sum;
}
