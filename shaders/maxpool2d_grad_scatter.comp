#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/bytes.glsl"
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/maxpool2d.h"

/* For windows that do not overlap, and channels in fours: the padded image is divided into cells of stride_h
 * x stride_w pixels, each with a window in its upper left corner. An invocation writes four channels of a
 * cell, so that each gradient is read once. */
layout(constant_id = 0) const uint WINDOW_H = 2;
layout(constant_id = 1) const uint WINDOW_W = 2;
layout(constant_id = 2) const uint STRIDE_H = 2;
layout(constant_id = 3) const uint STRIDE_W = 2;

LVK_VECTORS(0, dy);
layout(binding = 1) readonly buffer Index {
    uint index[];
};
layout(binding = 2) writeonly buffer DX {
    vec4 dx[];
};

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const uint quads = params.channels / 4u, quad = i % quads;
    const uint rows = (params.in_h + params.pad_top + STRIDE_H - 1u) / STRIDE_H;
    const uint columns = (params.in_w + params.pad_left + STRIDE_W - 1u) / STRIDE_W;
    uint place = i / quads;
    const uint ox = place % columns;
    place /= columns;
    const uint oy = place % rows, image = place / rows;

    vec4 gradient = vec4(0.0); /* the last cell of a row or column may have no window */
    uvec4 position = uvec4(0u);
    if (oy < params.out_h && ox < params.out_w) {
        const uint at = ((image * params.out_h + oy) * params.out_w + ox) * quads + quad;
        gradient = LVK_LOAD(dy, at);
        position = lvk_unpack_bytes(index[at]);
    }
    for (uint ky = 0u; ky < STRIDE_H; ++ky)
        for (uint kx = 0u; kx < STRIDE_W; ++kx) {
            /* Above and to the left of the image, these unsigned numbers wrap around to numbers beyond the
             * image's size. */
            const uint y = oy * STRIDE_H + ky - params.pad_top, x = ox * STRIDE_W + kx - params.pad_left;
            if (y >= params.in_h || x >= params.in_w)
                continue;
            const bool inside = ky < WINDOW_H && kx < WINDOW_W;
            const bvec4 chosen = equal(position, uvec4(inside ? ky * WINDOW_W + kx : 256u));
            dx[((image * params.in_h + y) * params.in_w + x) * quads + quad] = mix(vec4(0.0), gradient, chosen);
        }
}
