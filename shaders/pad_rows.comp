#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/pad_rows.h"

layout(binding = 0) readonly buffer From {
    float from[];
};
layout(binding = 1) writeonly buffer To {
    vec4 to[];
};

float element(uint e) {
    const uint column = e % params.width, line = e / params.width;
    const uint row = line % params.rows_padded, outer = line / params.rows_padded;
    return row < params.rows ? from[(outer * params.rows + row) * params.width + column] : 0.0;
}

void main() {
    const uint e = 4u * LVK_FLAT_INDEX;
    if (e >= params.count) /* rows_padded, and so count, is a multiple of 4 */
        return;
    if (params.width == 1u && params.rows == 3u) { /* images of three channels, the usual case: no division */
        const uint pixel = e / 4u * 3u;
        to[e / 4u] = vec4(from[pixel], from[pixel + 1u], from[pixel + 2u], 0.0);
    } else {
        to[e / 4u] = vec4(element(e), element(e + 1u), element(e + 2u), element(e + 3u));
    }
}
