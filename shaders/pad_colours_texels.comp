#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/pad_rows.h"
#define LVK_TEXELS 1
#include "common/vectors.glsl"
/* pad_rows for pixels of three channels, whose number is a multiple of four. An invocation writes four
 * pixels. */
LVK_VECTORS(0, from);
layout(binding = 1) writeonly buffer To {
    vec4 to[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (16u * i >= params.count)
        return;
    const vec4 a = LVK_LOAD(from, 3u * i), b = LVK_LOAD(from, 3u * i + 1u), c = LVK_LOAD(from, 3u * i + 2u);
    to[4u * i] = vec4(a.xyz, 0.0);
    to[4u * i + 1u] = vec4(a.w, b.xy, 0.0);
    to[4u * i + 2u] = vec4(b.zw, c.x, 0.0);
    to[4u * i + 3u] = vec4(c.yzw, 0.0);
}
