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

/* Writes the first two tables of batchnorm_grad.comp: the scale, and the slope, by which an x acts on the
 * loss through the variance of its channel. An invocation handles four channels. */
void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i >= params.stride)
        return;
    const vec4 inverse = inversesqrt(variance[i] + params.epsilon);
    coefficients[i] = gamma[i] * inverse;
    coefficients[params.stride + i] = inverse * inverse * (sums[params.stride + i] * params.factor);
}
