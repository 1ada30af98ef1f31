#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/elementwise.h"

/* The buffers are not `restrict`, since y and a may be the same tensor (in place). */
LVK_VECTORS(0, a);
LVK_VECTORS(1, b);
layout(binding = 2) writeonly buffer Y {
    vec4 y[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u < params.count)
        y[i] = LVK_LOAD(a, i) + LVK_LOAD(b, i);
}
