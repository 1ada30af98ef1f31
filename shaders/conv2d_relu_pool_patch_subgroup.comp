#version 450
#extension GL_GOOGLE_include_directive : require
/* conv2d_relu_pool, 3x3 over 3 channels at stride 1 (the first layer of a network), by a subgroup. Each lane
 * stands for RUN neighbouring pool windows, and holds the patch of x that these windows need. An iteration
 * computes 4 output channels, so that no sum is kept from one iteration to the next. x is padded to 4
 * channels, unless `packed` is true: then x has 3 channels and no padding around the image, in_w is a
 * multiple of 4, and x is read by texels. w is not padded. */
#include "common/conv_shape.glsl"
#include "common/index.glsl"
#include "common/relu_pool.glsl"
#include "common/subgroup.glsl"
#include "params/conv2d.h"

/* AVX-512 has registers for two windows. src/ops/conv2d_relu_pool.c has the same numbers. */
#define RUN (LVK_LANES == 16 ? 2 : 1)
#define COLUMNS (2 * RUN + 2)
/* Texels of a row of the patch. The patch of an odd window begins in the middle of its first texel. */
#define TEXELS (RUN == 2 ? 5 : 4)
#define TERMS 27 /* products in a sum, one a row of w: 3 ky x 3 kx x 3 channels */
#define FETCHES ((TERMS + LVK_LANES - 1) / LVK_LANES)

layout(constant_id = 6) const bool has_bias = false;
layout(constant_id = 7) const bool padded = false;
layout(constant_id = 8) const bool packed = false;
LVK_VECTORS(0, x);
LVK_VECTORS(1, w);
LVK_VECTORS(2, bias); /* not read when has_bias is 0 */
layout(binding = 3) writeonly buffer Y {
    vec4 y[];
};
layout(binding = 4) writeonly buffer Index {
    uint index[];
};

const int runs = (pool_w + RUN - 1) / RUN;

void main() {
    const int all_runs = int(params.batch) * pool_h * runs;
    const int mine = int(LVK_GROUP_INDEX) * LVK_LANES + LVK_LANE, run = min(mine, all_runs - 1);
    const int px = run % runs * RUN, row = run / runs;
    const int iy = row % pool_h * 2 - params.pad_top, ix = px * 2 - params.pad_left;
    vec4 seen[4 * COLUMNS];
    [[unroll]] for (int dy = 0; dy < 4; ++dy) {
        const int first = (row / pool_h * in_h + iy + dy) * in_w + ix;
        if (packed) {
            const bool middle = RUN == 1 && (px & 1) != 0;
            vec4 line[TEXELS];
            [[unroll]] for (int t = 0; t < TEXELS; ++t)
                line[t] = LVK_LOAD_OR_0(x, first * 3 / 4 + t);
            [[unroll]] for (int i = 0; i < 3 * COLUMNS; ++i)
                seen[dy * COLUMNS + i / 3][i % 3] =
                    RUN == 1 ? mix(line[i / 4][i % 4], line[(i + 2) / 4][(i + 2) % 4], middle) : line[i / 4][i % 4];
        } else {
            [[unroll]] for (int dx = 0; dx < COLUMNS; ++dx) {
                const bool inside = !padded || (uint(iy + dy) < uint(in_h) && uint(ix + dx) < uint(in_w));
                seen[dy * COLUMNS + dx] = LVK_LOAD_OR_0(x, inside ? first + dx : LVK_OUTSIDE);
            }
        }
    }
    for (int k = 0; k < out4; ++k) {
        vec4 weight[FETCHES], sum[4 * RUN], start = vec4(0.0);
        [[unroll]] for (int f = 0; f < FETCHES; ++f)
            weight[f] = LVK_LOAD(w, min(f * LVK_LANES + LVK_LANE, TERMS - 1) * out4 + k);
        if (has_bias)
            start = LVK_LOAD(bias, k);
        [[unroll]] for (int q = 0; q < 4 * RUN; ++q)
            sum[q] = start;
        [[unroll]] for (int j = 0; j < 4; ++j)
            [[unroll]] for (int t = 0; t < TERMS; ++t) {
                const float s = LVK_SHARE(weight[t / LVK_LANES][j], t % LVK_LANES);
                [[unroll]] for (int q = 0; q < 4 * RUN; ++q)
                    sum[q][j] += seen[(t / 9 + q / 2 % 2) * COLUMNS + t / 3 % 3 + q / 4 * 2 + q % 2][t % 3] * s;
            }
        [[unroll]] for (int r = 0; r < RUN; ++r) {
            vec4 best;
            uint where;
            lvk_relu_pool(sum[r * 4], sum[r * 4 + 1], sum[r * 4 + 2], sum[r * 4 + 3], best, where);
            if (mine < all_runs && px + r < pool_w) {
                const int at = (row * pool_w + px + r) * out4 + k;
                y[at] = best;
                index[at] = where;
            }
        }
    }
}
