#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/elementwise.h"

/* The buffers are not `restrict`, since y and x may be the same tensor (in place). */
layout(binding = 0) readonly buffer X {
    vec4 x[];
};
layout(binding = 1) writeonly buffer Y {
    vec4 y[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const vec4 value = x[i];
    const vec4 e = exp(-abs(value)); /* at most 1, so that nothing overflows */
    y[i] = mix(vec4(1.0), e, lessThan(value, vec4(0.0))) / (1.0 + e);
}
