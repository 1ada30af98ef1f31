#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/bytes.glsl"
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/maxpool2d.h"

/* True where the channels are a multiple of four. An invocation then handles four channels of one window,
 * else four elements one by one. */
layout(constant_id = 0) const bool VECTORS = true;
layout(constant_id = 1) const bool PADDED = false;
layout(constant_id = 2) const uint WINDOW_H = 2;
layout(constant_id = 3) const uint WINDOW_W = 2;

const uint PADDING = 255u; /* LVK_MAXPOOL2D_PADDING */

LVK_VECTORS(0, x);
layout(binding = 1) writeonly buffer Y {
    vec4 y[];
};
layout(binding = 2) writeonly buffer Index {
    uint index[];
};

/* Element `at` of the image and, where channels come in fours, the three after it. */
vec4 load(uint at) {
    return VECTORS ? LVK_LOAD(x, at >> 2) : vec4(LVK_LOAD_ELEMENT(x, at));
}

/* The first maximum of the window of output element `at`, in row-major order. */
void find_maximum(uint at, out vec4 best, out uvec4 best_index) {
    const uint channel = at % params.channels;
    uint place = at / params.channels;
    const uint left = place % params.out_w * params.stride_w;
    place /= params.out_w;
    const uint top = place % params.out_h * params.stride_h;
    const uint image = place / params.out_h * params.in_h;
    best = vec4(0.0);
    best_index = uvec4(PADDING);
    for (uint ky = 0u; ky < WINDOW_H; ++ky)
        for (uint kx = 0u; kx < WINDOW_W; ++kx) {
            /* Above and to the left of the image, these unsigned numbers wrap around to numbers beyond the
             * image's size. */
            const uint iy = top + ky - params.pad_top, ix = left + kx - params.pad_left;
            const bool inside = !PADDED || (iy < params.in_h && ix < params.in_w);
            vec4 value = vec4(0.0);
            if (inside)
                value = load(((image + iy) * params.in_w + ix) * params.channels + channel);
            const bvec4 larger = (ky | kx) == 0u ? bvec4(true) : greaterThan(value, best);
            best = mix(best, value, larger);
            best_index = mix(best_index, uvec4(inside ? ky * WINDOW_W + kx : PADDING), larger);
        }
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    vec4 best = vec4(0.0);
    uvec4 best_index = uvec4(0u);
    if (VECTORS) {
        find_maximum(i * 4u, best, best_index);
    } else {
        for (uint part = 0u; part < 4u && i * 4u + part < params.count; ++part) {
            vec4 value;
            uvec4 value_index;
            find_maximum(i * 4u + part, value, value_index);
            best[part] = value.x;
            best_index[part] = value_index.x;
        }
    }
    y[i] = best;
    index[i] = lvk_pack_bytes(best_index);
}
