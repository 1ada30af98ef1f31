#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/moving_average.h"

layout(binding = 0) buffer A {
    vec4 average[];
};
layout(binding = 1) readonly buffer V {
    vec4 value[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u < params.count)
        average[i] = params.decay * average[i] + (1.0 - params.decay) * params.scale * value[i];
}
