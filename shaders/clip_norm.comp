#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/clip_norm.h"

layout(binding = 0) buffer G {
    vec4 g[];
};
layout(binding = 1) readonly buffer Squares {
    float squares[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const float norm = sqrt(squares[0]);
    if (norm > params.max_norm) /* false for NaN, so that a gradient with a NaN stays as it is */
        g[i] *= params.max_norm / norm;
}
