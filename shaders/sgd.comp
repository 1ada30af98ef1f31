#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/elementwise.h"

layout(binding = 0) buffer W {
    vec4 w[];
};
layout(binding = 1) readonly buffer G {
    vec4 g[];
};
layout(binding = 2) buffer V {
    vec4 v[];
};
layout(binding = 3, std140) uniform Hyper {
    float learning_rate; /* src/ops/sgd.h gives the order of these numbers */
    float momentum;
}
hyper;

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const vec4 velocity = hyper.momentum * v[i] - hyper.learning_rate * g[i];
    v[i] = velocity;
    w[i] += velocity;
}
