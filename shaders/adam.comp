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
layout(binding = 2) buffer M {
    vec4 m[];
};
layout(binding = 3) buffer V {
    vec4 v[];
};
layout(binding = 4, std140) uniform Hyper {
    float alpha; /* the order of src/ops/adam.h */
    float rate1; /* 1 - beta1 */
    float rate2; /* 1 - beta2 */
    float epsilon;
}
hyper;

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const vec4 gradient = g[i], old_w = w[i], old_m = m[i], old_v = v[i];
    const vec4 mean = old_m + (gradient - old_m) * hyper.rate1;
    const vec4 square = old_v + (gradient * gradient - old_v) * hyper.rate2;
    m[i] = mean;
    v[i] = square;
    w[i] = old_w - hyper.alpha * mean / (sqrt(square) + hyper.epsilon);
}
