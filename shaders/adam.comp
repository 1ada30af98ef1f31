#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_HYPER 4
#include "adam.glsl"
#include "common/flat.glsl"
#include "params/elementwise.h"

layout(binding = 0) buffer W {
    vec4 w[];
};
layout(binding = 1) readonly buffer G {
    vec4 g[];
};
layout(binding = 2) buffer M {
    vec4 m[];
};
layout(binding = 3) buffer V {
    vec4 v[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    vec4 weight = w[i], mean = m[i], square = v[i];
    lvk_adam(g[i], weight, mean, square);
    m[i] = mean;
    v[i] = square;
    w[i] = weight;
}
