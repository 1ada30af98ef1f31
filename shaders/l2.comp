#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/l2.h"

/* Partial sums of lambda w^2. */
layout(binding = 0) readonly buffer W {
    vec4 w[];
};
layout(binding = 1) writeonly buffer Partial {
    float partial[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i >= params.splits)
        return;
    vec4 sum = vec4(0.0);
    const uint whole = params.count / 4u;
    for (uint at = i; at < whole; at += params.splits)
        sum += w[at] * w[at];
    if (i == 0u) /* padding past the last element does not count */
        for (uint at = whole * 4u; at < params.count; ++at)
            sum.x += w[whole][at & 3u] * w[whole][at & 3u];
    partial[i] = params.lambda * ((sum.x + sum.y) + (sum.z + sum.w));
}
