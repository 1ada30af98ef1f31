#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/batchnorm.h"

layout(binding = 0) readonly buffer Sums {
    vec4 sums[];
};
layout(binding = 1) readonly buffer Mean {
    vec4 mean[];
};
layout(binding = 2) writeonly buffer DBeta {
    vec4 dbeta[];
};
layout(binding = 3) writeonly buffer Coefficients {
    vec4 coefficients[];
};

/* Writes the gradient of beta, and the last two tables of batchnorm_grad.comp: the mean of dy and the mean of
 * x. An invocation handles four channels. */
void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i >= params.stride)
        return;
    dbeta[i] = sums[i];
    coefficients[2u * params.stride + i] = sums[i] * params.factor;
    coefficients[3u * params.stride + i] = mean[i];
}
