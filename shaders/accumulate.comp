#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/elementwise.h"

layout(binding = 0) buffer A {
    vec4 a[];
};
layout(binding = 1) readonly buffer G {
    vec4 g[];
};
layout(binding = 2, std140) uniform Hyper {
    float keep; /* src/ops/accumulate.h gives the order of these numbers */
    float scale;
}
hyper;

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    vec4 sum = hyper.scale * g[i];
    if (hyper.keep != 0.0)
        sum += a[i];
    a[i] = sum;
}
