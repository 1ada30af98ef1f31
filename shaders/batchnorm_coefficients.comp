#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/batchnorm.h"

layout(binding = 0) readonly buffer Gamma {
    vec4 gamma[];
};
layout(binding = 1) readonly buffer Variance {
    vec4 variance[];
};
layout(binding = 2) readonly buffer Beta {
    vec4 beta[];
};
layout(binding = 3) writeonly buffer Coefficients {
    vec4 coefficients[];
};

/* Writes two tables: the scale, gamma / sqrt(variance + epsilon), and beta. An invocation handles four
 * channels. */
void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i >= params.stride)
        return;
    coefficients[i] = gamma[i] * inversesqrt(variance[i] + params.epsilon);
    coefficients[params.stride + i] = beta[i];
}
