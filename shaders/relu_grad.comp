#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/elementwise.h"

/* The buffers are not `restrict`, since dx and dy may be the same tensor (in place). */
LVK_VECTORS(0, dy);
LVK_VECTORS(1, y);
layout(binding = 2) writeonly buffer DX {
    vec4 dx[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u < params.count)
        dx[i] = mix(vec4(0.0), LVK_LOAD(dy, i), greaterThan(LVK_LOAD(y, i), vec4(0.0)));
}
