/* y[n,Y,X,(r,q,c)] = x[n, Y * stride_h + r - pad_top, X * stride_w + q - pad_left, c], 0 where that lies outside of x: r
 * counts to stride_h, q to stride_w, c to channels. An invocation writes one pixel of y. */
#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/conv2d_fold.h"

layout(constant_id = 0) const int stride_h = 1;
layout(constant_id = 1) const int stride_w = 1;
layout(constant_id = 2) const int channels = 4; /* stride_h * stride_w * channels is a multiple of 4 */

LVK_VECTORS(0, x);
layout(binding = 1) writeonly buffer Y {
    vec4 y[];
};

void main() {
    const int pixel = int(LVK_FLAT_INDEX), line = pixel / int(params.out_w), n = line / int(params.out_h);
    if (pixel >= int(params.pixels))
        return;
    const int top = line % int(params.out_h) * stride_h - params.pad_top;
    const int left = pixel % int(params.out_w) * stride_w - params.pad_left;
    const int vectors = stride_h * stride_w * channels / 4;
    for (int j = 0; j < vectors; ++j) {
        vec4 value;
        for (int i = 0; i < 4; ++i) {
            const int k = 4 * j + i, iy = top + k / channels / stride_w, ix = left + k / channels % stride_w;
            const bool inside = uint(iy) < params.in_h && uint(ix) < params.in_w;
            const int at = ((n * int(params.in_h) + iy) * int(params.in_w) + ix) * channels + k % channels;
            const float element = LVK_LOAD_ELEMENT(x, uint(inside ? at : 0));
            value[i] = inside ? element : 0.0;
        }
        y[pixel * vectors + j] = value;
    }
}
