#version 450
#extension GL_GOOGLE_include_directive : require
/* Space to depth (src/ops/conv_space_to_depth.h):
 *   y[n,Y,X,(r,q,c)] = x[n, Y * stride_h + r - pad_top, X * stride_w + q - pad_left, c], or 0 where x has no
 * such pixel, for 0 <= r < kept_h, 0 <= q < kept_w, 0 <= c < channels. An invocation writes four numbers. */
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/conv2d_space_to_depth.h"

layout(constant_id = 0) const int stride_h = 1;
layout(constant_id = 1) const int stride_w = 1;
layout(constant_id = 2) const int kept_h = 1;
layout(constant_id = 3) const int kept_w = 1;
layout(constant_id = 4) const int channels = 4; /* kept_h * kept_w * channels is a multiple of 4 */

LVK_VECTORS(0, x);
layout(binding = 1) writeonly buffer Y {
    vec4 y[];
};

void main() {
    const int i = int(LVK_FLAT_INDEX), vectors = kept_h * kept_w * channels / 4, pixel = i / vectors;
    if (pixel >= int(params.pixels))
        return;
    const int line = pixel / int(params.out_w), n = line / int(params.out_h);
    const int top = line % int(params.out_h) * stride_h - params.pad_top;
    const int left = pixel % int(params.out_w) * stride_w - params.pad_left;
    vec4 value;
    for (int j = 0; j < 4; ++j) {
        const int k = i % vectors * 4 + j, iy = top + k / channels / kept_w, ix = left + k / channels % kept_w;
        const bool inside = uint(iy) < params.in_h && uint(ix) < params.in_w;
        const int at = ((n * int(params.in_h) + iy) * int(params.in_w) + ix) * channels + k % channels;
        const float element = LVK_LOAD_ELEMENT(x, uint(inside ? at : 0));
        value[j] = inside ? element : 0.0;
    }
    y[i] = value;
}
