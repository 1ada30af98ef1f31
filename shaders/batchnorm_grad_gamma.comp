#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/batchnorm.h"

layout(binding = 0) readonly buffer Sums {
    vec4 sums[];
};
layout(binding = 1) readonly buffer Variance {
    vec4 variance[];
};
layout(binding = 2) buffer DGamma {
    vec4 dgamma[];
};

/* Writes the gradient of gamma: the sums of dy (x - mean), divided by the standard deviation. An invocation
 * handles four channels. */
void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i >= params.stride)
        return;
    const vec4 sum = sums[params.stride + i] * inversesqrt(variance[i] + params.epsilon);
    dgamma[i] = params.accumulate != 0u ? dgamma[i] + sum : sum;
}
