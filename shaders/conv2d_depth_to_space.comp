#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "params/conv2d_space_to_depth.h"

/* Depth to space, the inverse of conv2d_space_to_depth.comp:
 *   x[n,iy,ix,c] = y[n,Y,X,(r,q,c)] with Y * stride_h + r = iy + pad_top and X * stride_w + q = ix +
 * pad_left, or 0 where y has no such pixel. An invocation writes four channels of x. */
layout(constant_id = 0) const int stride_h = 1;
layout(constant_id = 1) const int stride_w = 1;
layout(constant_id = 2) const int kept_h = 1;
layout(constant_id = 3) const int kept_w = 1;
layout(constant_id = 4) const int channels = 4; /* a multiple of 4 */

layout(binding = 0) readonly buffer Y {
    vec4 y[];
};
layout(binding = 1) writeonly buffer X {
    vec4 x[];
};

void main() {
    const int i = int(LVK_FLAT_INDEX), vectors = channels / 4, pixel = i / vectors;
    if (pixel >= int(params.pixels))
        return;
    const int line = pixel / int(params.in_w), n = line / int(params.in_h);
    const int top = line % int(params.in_h) + params.pad_top, left = pixel % int(params.in_w) + params.pad_left;
    const int row = top / stride_h, r = top % stride_h, column = left / stride_w, q = left % stride_w;
    /* With a negative padding, y does not hold the first rows or columns of x. */
    const bool kept = top >= 0 && left >= 0 && r < kept_h && q < kept_w && row < int(params.out_h) && column < int(params.out_w);
    const int from = ((((n * int(params.out_h) + row) * int(params.out_w) + column) * kept_h + r) * kept_w + q) * vectors;
    const vec4 value = y[kept ? from + i % vectors : 0];
    x[i] = kept ? value : vec4(0.0);
}
