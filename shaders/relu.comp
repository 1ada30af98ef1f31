#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/relu.glsl"
#include "common/vectors.glsl"
#include "params/elementwise.h"

/* The buffers are not `restrict`, since y and x may be the same tensor (in place). */
LVK_VECTORS(0, x);
layout(binding = 1) writeonly buffer Y {
    vec4 y[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    y[i] = lvk_relu(LVK_LOAD(x, i));
}
