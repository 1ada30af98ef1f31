#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/elementwise.h"

/* No `restrict`: dx may be dy (in place). */
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
    if (i * 4u < params.count)
        dx[i] = mix(vec4(0.0), dy[i], greaterThan(y[i], vec4(0.0)));
}
