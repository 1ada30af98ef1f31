#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/elementwise.h"

layout(binding = 0) buffer E {
    vec4 e[];
};
layout(binding = 1) readonly buffer W {
    vec4 w[];
};
layout(binding = 2, std140) uniform Hyper {
    vec4 optimizer;
    vec4 rate; /* the rate is the component w; src/ops/weight_average.h gives the order of these numbers */
}
hyper;

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const vec4 old = e[i];
    e[i] = old + (w[i] - old) * hyper.rate.w;
}
