#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/elementwise.h"

/* No `restrict`: y may be x (in place). */
LVK_VECTORS(0, x);
layout(binding = 1) writeonly buffer Y {
    vec4 y[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const vec4 value = LVK_LOAD(x, i);
    y[i] = mix(value, vec4(0.0), lessThan(value, vec4(0.0))); /* max() may drop NaN */
}
