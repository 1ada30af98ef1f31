#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/moving_average.h"

layout(binding = 0) buffer Mean {
    vec4 mean[];
};
layout(binding = 1) readonly buffer Batch {
    vec4 batch[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u < params.count)
        mean[i] = params.decay * mean[i] + params.gain * batch[i];
}
