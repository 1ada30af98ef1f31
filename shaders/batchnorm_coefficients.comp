#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/batchnorm.h"

/* What batchnorm_apply.glsl multiplies with, in four rows of whole quads of channels:
 *   forward     mean, gamma / deviation, beta
 *   gradient    mean, gamma / deviation, - gamma dgamma / (deviation² rows), - gamma dbeta / (deviation rows)
 * with deviation = sqrt(variance + epsilon). */
layout(constant_id = 0) const bool GRADIENT = false;

layout(binding = 0) uniform samplerBuffer gamma;
layout(binding = 1) uniform samplerBuffer beta; /* or its gradient */
layout(binding = 2) uniform samplerBuffer mean;
layout(binding = 3) uniform samplerBuffer variance;
layout(binding = 4) uniform samplerBuffer gamma_gradient;
layout(binding = 5) writeonly buffer K {
    vec4 k[];
};

void main() {
    const uint i = LVK_FLAT_INDEX, quads = (params.channels + 3u) / 4u;
    if (i >= quads)
        return;
    const int at = int(i);
    const vec4 deviation = sqrt(texelFetch(variance, at) + params.epsilon), scale = texelFetch(gamma, at) / deviation;
    k[i] = texelFetch(mean, at);
    k[quads + i] = scale;
    if (GRADIENT) {
        const float share = 1.0 / float(params.rows);
        k[2u * quads + i] = -scale / deviation * texelFetch(gamma_gradient, at) * share;
        k[3u * quads + i] = -scale * texelFetch(beta, at) * share;
    } else {
        k[2u * quads + i] = texelFetch(beta, at);
    }
}
