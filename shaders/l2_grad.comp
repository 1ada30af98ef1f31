#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/scaled.h"

layout(binding = 0) readonly buffer W {
    vec4 w[];
};
layout(binding = 1) readonly buffer DLoss {
    float dloss[];
};
layout(binding = 2) writeonly buffer DW {
    vec4 dw[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u < params.count)
        dw[i] = params.factor * w[i] * dloss[0];
}
