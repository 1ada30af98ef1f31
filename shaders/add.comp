#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/elementwise.h"

/* No `restrict`: y may be a (in place). */
layout(binding = 0) readonly buffer A {
    vec4 a[];
};
layout(binding = 1) readonly buffer B {
    vec4 b[];
};
layout(binding = 2) writeonly buffer Y {
    vec4 y[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u < params.count)
        y[i] = a[i] + b[i];
}
