#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/log1p.glsl"
#include "params/softmax_cross_entropy.h"

/* Partial sums of the weighted losses; src/ops/softmax_cross_entropy.h has the formula. */
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
    const uint first = n * params.classes;
    uint best = 0u;
    float largest = z[first];
    for (uint k = 1u; k < params.classes; ++k) {
        const bool larger = z[first + k] > largest;
        best = larger ? k : best;
        largest = larger ? z[first + k] : largest;
    }
    float others = 0.0, gap = 0.0;
    for (uint k = 0u; k < params.classes; ++k) {
        const float below = largest - z[first + k];
        others += k == best ? 0.0 : exp(-below);
        gap = float(k) == labels[n].x ? below : gap;
    }
    /* Vulkan allows log() a large relative error for arguments between 1 and 2. */
    return labels[n].y * ((others <= 1.0 ? lvk_log1p(others) : log(1.0 + others)) + gap);
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
