#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/elementwise.h"

/* The buffers are not `restrict`, since dx and dy may be the same tensor (in place). */
layout(binding = 0) readonly buffer DY {
    vec4 dy[];
};
layout(binding = 1) readonly buffer Y {
    vec4 y[];
};
layout(binding = 2) writeonly buffer DX {
    vec4 dx[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u < params.count) {
        const vec4 s = y[i];
        dx[i] = dy[i] * s * (1.0 - s);
    }
}
