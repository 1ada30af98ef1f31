#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_TEXELS 1
#define LVK_HYPER 7
#include "adam.glsl"
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/elementwise.h"

/* The views old_w, old_m and old_v are of the same buffers as w, m and v, to which the new values are
 * written. An invocation writes only the elements that it has read itself. */
LVK_VECTORS(0, old_w);
LVK_VECTORS(1, g);
LVK_VECTORS(2, old_m);
LVK_VECTORS(3, old_v);
layout(binding = 4) writeonly buffer W {
    vec4 w[];
};
layout(binding = 5) writeonly buffer M {
    vec4 m[];
};
layout(binding = 6) writeonly buffer V {
    vec4 v[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    vec4 weight = LVK_LOAD(old_w, i), mean = LVK_LOAD(old_m, i), square = LVK_LOAD(old_v, i);
    lvk_adam(LVK_LOAD(g, i), weight, mean, square);
    m[i] = mean;
    v[i] = square;
    w[i] = weight;
}
