#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/bytes.glsl"
#include "common/flat.glsl"
#include "params/maxpool2d.h"

/* True where the channels are a multiple of four. An invocation then handles four channels of one pixel, else
 * four elements one by one. */
layout(constant_id = 0) const bool VECTORS = true;
layout(constant_id = 1) const uint WINDOW_H = 2;
layout(constant_id = 2) const uint WINDOW_W = 2;

layout(binding = 0) readonly buffer DY {
    vec4 dy[];
};
layout(binding = 1) readonly buffer Index {
    uint index[];
};
layout(binding = 2) writeonly buffer DX {
    vec4 dx[];
};

/* The first and the last window that reach coordinate `at` of the padded image, along one axis. */
uint first_window(uint at, uint window, uint stride) {
    return at < window ? 0u : (at - window) / stride + 1u;
}

uint last_window(uint at, uint stride, uint count) {
    return min(at / stride, count - 1u);
}

/* dy of output elements `at` .. `at` + 3; 0 for those whose window has its maximum elsewhere than at
 * `position`. */
vec4 chosen(uint at, uint position) {
    const uvec4 indices = lvk_unpack_bytes(index[at >> 2]);
    if (VECTORS)
        return mix(vec4(0.0), dy[at >> 2], equal(indices, uvec4(position)));
    return vec4(indices[at & 3u] == position ? dy[at >> 2][at & 3u] : 0.0);
}

/* The sum over the windows around image element `at`, in row-major order. */
vec4 gather(uint at) {
    const uint channel = at % params.channels;
    uint place = at / params.channels;
    const uint x = place % params.in_w + params.pad_left;
    place /= params.in_w;
    const uint y = place % params.in_h + params.pad_top;
    const uint image = place / params.in_h * params.out_h;
    const uint first_x = first_window(x, WINDOW_W, params.stride_w), last_x = last_window(x, params.stride_w, params.out_w);
    const uint last_y = last_window(y, params.stride_h, params.out_h);
    vec4 sum = vec4(0.0);
    for (uint oy = first_window(y, WINDOW_H, params.stride_h); oy <= last_y; ++oy)
        for (uint ox = first_x; ox <= last_x; ++ox)
            sum += chosen(((image + oy) * params.out_w + ox) * params.channels + channel,
                          (y - oy * params.stride_h) * WINDOW_W + x - ox * params.stride_w);
    return sum;
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    vec4 sum = vec4(0.0);
    if (VECTORS)
        sum = gather(i * 4u);
    else
        for (uint part = 0u; part < 4u && i * 4u + part < params.count; ++part)
            sum[part] = gather(i * 4u + part).x;
    dx[i] = sum;
}
