#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/batchnorm.h"

layout(binding = 0) readonly buffer Sums {
    vec4 sums[];
};
layout(binding = 1) readonly buffer Gamma {
    vec4 gamma[];
};
layout(binding = 2) readonly buffer Variance {
    vec4 variance[];
};
layout(binding = 3) writeonly buffer Coefficients {
    vec4 coefficients[];
};

/* The factors in the gradient of x: the scale, and the slope by which x acts on its own variance; four channels an invocation. */
void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i >= params.stride)
        return;
    const vec4 inverse = inversesqrt(variance[i] + params.epsilon);
    coefficients[i] = gamma[i] * inverse;
    coefficients[params.stride + i] = inverse * inverse * (sums[params.stride + i] * params.factor);
}
