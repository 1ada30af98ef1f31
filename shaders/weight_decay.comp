#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/elementwise.h"

layout(binding = 0) buffer W {
    vec4 w[];
};
layout(binding = 1, std140) uniform Hyper {
    vec4 unused;
    float decay; /* src/ops/adam.h gives the order of these numbers */
}
hyper;

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const vec4 old = w[i];
    w[i] = old - hyper.decay * old;
}
