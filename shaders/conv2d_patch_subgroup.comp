#version 450
#extension GL_GOOGLE_include_directive : require
/* conv2d, 3x3 over 3 channels at stride 1 (the first layer of a network), by a subgroup. Each lane stands for
 * RUN neighbouring pixels of a row, and holds the patch of x that these pixels need. An iteration computes 4
 * output channels, so that no sum is kept from one iteration to the next. x is padded to 4 channels; w is
 * not. */
#include "common/index.glsl"
#include "common/relu.glsl"
#include "common/subgroup.glsl"
#include "params/conv2d.h"

#define RUN 4 /* pixels; src/ops/conv_patch.c has the same number */
#define COLUMNS (RUN + 2)
#define TERMS 27 /* products in a sum, one a row of w: 3 ky x 3 kx x 3 channels */
#define FETCHES ((TERMS + LVK_LANES - 1) / LVK_LANES)

layout(constant_id = 0) const uint has_bias = 0u;
layout(constant_id = 1) const uint relu = 0u;
LVK_VECTORS(0, x);
LVK_VECTORS(1, w);
LVK_VECTORS(2, bias); /* not read when has_bias is 0 */
layout(binding = 3) writeonly buffer Y {
    vec4 y[];
};

void main() {
    const int out_w = int(params.out_w), out_h = int(params.out_h), out4 = int(params.out_c) / 4;
    const int runs = (out_w + RUN - 1) / RUN, all_runs = int(params.batch) * out_h * runs;
    const int mine = int(LVK_GROUP_INDEX) * LVK_LANES + LVK_LANE, run = min(mine, all_runs - 1);
    const int ox = run % runs * RUN, row = run / runs;
    const int iy = row % out_h - params.pad_top, ix = ox - params.pad_left;
    vec4 seen[3 * COLUMNS];
    [[unroll]] for (int ky = 0; ky < 3; ++ky)
        [[unroll]] for (int i = 0; i < COLUMNS; ++i) {
            const bool inside = uint(iy + ky) < params.in_h && uint(ix + i) < params.in_w;
            const int at = (row / out_h * int(params.in_h) + iy + ky) * int(params.in_w) + ix + i;
            seen[ky * COLUMNS + i] = LVK_LOAD_OR_0(x, inside ? at : LVK_OUTSIDE);
        }
    for (int k = 0; k < out4; ++k) {
        vec4 weight[FETCHES], sum[RUN], start = vec4(0.0);
        [[unroll]] for (int f = 0; f < FETCHES; ++f)
            weight[f] = LVK_LOAD(w, min(f * LVK_LANES + LVK_LANE, TERMS - 1) * out4 + k);
        if (has_bias != 0u)
            start = LVK_LOAD(bias, k);
        [[unroll]] for (int q = 0; q < RUN; ++q)
            sum[q] = start;
        [[unroll]] for (int j = 0; j < 4; ++j)
            [[unroll]] for (int t = 0; t < TERMS; ++t) {
                const float s = LVK_SHARE(weight[t / LVK_LANES][j], t % LVK_LANES);
                [[unroll]] for (int q = 0; q < RUN; ++q)
                    sum[q][j] += seen[t / 9 * COLUMNS + t / 3 % 3 + q][t % 3] * s;
            }
        [[unroll]] for (int q = 0; q < RUN; ++q)
            if (mine < all_runs && ox + q < out_w)
                y[(row * out_w + ox + q) * out4 + k] = relu != 0u ? lvk_relu(sum[q]) : sum[q];
    }
}
