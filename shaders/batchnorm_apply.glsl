#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/batchnorm.h"

/* With the rows of batchnorm_coefficients.comp, by channel:
 *   0   y = (x - k0) k1 + k2
 *   1   dx = dy k1 + (x - k0) k2 + k3
 *   2   dx = dy k1, dy standing in the place of x */
layout(constant_id = 0) const bool VECTORS = true; /* the channels are a multiple of four */
layout(constant_id = 1) const uint FORM = 0u;

/* No `restrict`: y may be x (in place). */
LVK_VECTORS(0, x);
LVK_VECTORS(1, dy);
LVK_VECTORS(2, k);
layout(binding = 3) writeonly buffer Y {
    vec4 y[];
};

/* Row `row` for elements 4i .. 4i + 3. */
vec4 coefficients(uint row, uint i) {
    const uint quads = (params.channels + 3u) / 4u;
    if (VECTORS)
        return LVK_LOAD(k, row * quads + i % quads);
    const uvec4 channel = row * quads * 4u + (i * 4u + uvec4(0, 1, 2, 3)) % params.channels;
    return vec4(LVK_LOAD_ELEMENT(k, channel.x), LVK_LOAD_ELEMENT(k, channel.y), LVK_LOAD_ELEMENT(k, channel.z),
                LVK_LOAD_ELEMENT(k, channel.w));
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const vec4 value = LVK_LOAD(x, i), scale = coefficients(1u, i);
    if (FORM == 2u)
        y[i] = value * scale;
    else if (FORM == 1u)
        y[i] = LVK_LOAD(dy, i) * scale + (value - coefficients(0u, i)) * coefficients(2u, i) + coefficients(3u, i);
    else
        y[i] = (value - coefficients(0u, i)) * scale + coefficients(2u, i);
}
