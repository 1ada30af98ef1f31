#version 450
#extension GL_GOOGLE_include_directive : require
/* dw and db of conv2d_relu_pool, 3x3 at stride 1, by a subgroup whose lanes stand for WIDTH output channels
 * each: the subgroup computes TAPS_H rows of taps times CHANNELS input channels over the rows of one split,
 * WINDOWS pool windows in an iteration. Only one of a window's four positions has a gradient. The kernel
 * selects the x of this position by the index and multiplies once, since the selection takes half as many
 * instructions as the multiply-adds of the other positions. Each lane reads its own channels of dy. All lanes
 * need the same x: each lane reads one column of pixels, and LVK_SHARE gives this column to the others. Every
 * subgroup sums db, and the first subgroup of a split stores db. src/ops/conv2d_relu_pool_grad_weight.c has
 * the same numbers. */
#include "common/conv_shape.glsl"
#include "common/index.glsl"
#include "common/subgroup.glsl"
#include "params/conv2d_pool_grad_weight.h"

#define WINDOWS (LVK_LANES / 2 - 1)
#define ROWS (TAPS_H + 1)
#define QUADS ((CHANNELS + 3) / 4)

#if WIDTH == 2
#define VEC vec2
#define UVEC uvec2
#define BVEC bvec2
#else
#define VEC vec4
#define UVEC uvec4
#define BVEC bvec4
#endif

LVK_VECTORS(0, x);
LVK_VECTORS(1, dy);
LVK_BYTES(2, index);
layout(binding = 3) writeonly buffer DW {
    VEC dw[];
};
layout(binding = 4) writeonly buffer DB {
    VEC db[];
};

const int lanes_k = out_c / WIDTH, k_tiles = (lanes_k + LVK_LANES - 1) / LVK_LANES;
const int c_tiles = (in4 + QUADS - 1) / QUADS;
const int strips = (pool_w + WINDOWS - 1) / WINDOWS;

void main() {
    int tile = int(LVK_GROUP_INDEX);
    const int k = tile % k_tiles * LVK_LANES + LVK_LANE;
    tile /= k_tiles;
    const int c = tile % c_tiles * QUADS;
    tile /= c_tiles;
    const int ky0 = tile % (3 / TAPS_H) * TAPS_H, split = tile / (3 / TAPS_H);
    if (split >= int(params.splits))
        return;
    VEC sum[TAPS_H * 3 * CHANNELS], sum_b = VEC(0.0);
    [[unroll]] for (int i = 0; i < TAPS_H * 3 * CHANNELS; ++i)
        sum[i] = VEC(0.0);
    const int first = split * int(params.rows_per_split), last = min(first + int(params.rows_per_split), int(params.rows));
    int row = first, px = 0, n = first / pool_h, py = first % pool_h, iterations_left = (last - first) * strips;
    do {
        const int iy = py * 2 + ky0 - params.pad_top, ix = px * 2 + LVK_LANE - params.pad_left;
        vec4 v[ROWS * QUADS];
        VEC g[WINDOWS];
        BVEC lower[WINDOWS], right[WINDOWS];
        [[unroll]] for (int p = 0; p < WINDOWS; ++p) {
            const int at = px + p < pool_w && k < lanes_k ? (row * pool_w + px + p) * out4 + k * WIDTH / 4 : LVK_OUTSIDE;
            const vec4 all = LVK_LOAD_OR_0(dy, at);
            const uvec4 positions = LVK_LOAD_BYTES(index, at);
#if WIDTH == 2
            const bool odd = (k & 1) != 0;
            g[p] = mix(all.xy, all.zw, bvec2(odd));
            const uvec2 won = mix(positions.xy, positions.zw, bvec2(odd));
#else
            g[p] = all;
            const uvec4 won = positions;
#endif
            g[p] = mix(g[p], VEC(0.0), greaterThan(won, UVEC(3u)));
            lower[p] = notEqual(won & 2u, UVEC(0u));
            right[p] = notEqual(won & 1u, UVEC(0u));
            sum_b += g[p];
        }
        [[unroll]] for (int i = 0; i < ROWS; ++i) {
            const bool inside = uint(iy + i) < uint(in_h) && uint(ix) < uint(in_w);
            const int corner = ((n * in_h + iy + i) * in_w + ix) * in4 + c;
            [[unroll]] for (int q = 0; q < QUADS; ++q)
                v[q * ROWS + i] = LVK_LOAD_OR_0(x, inside ? corner + min(q, in4 - 1 - c) : LVK_OUTSIDE);
        }
        [[unroll]] for (int p = 0; p < WINDOWS; ++p) {
            float s[4 * ROWS * CHANNELS];
            [[unroll]] for (int i = 0; i < 4 * ROWS * CHANNELS; ++i)
                s[i] = LVK_SHARE(v[i / (16 * ROWS) * ROWS + i / 4 % ROWS][i / (4 * ROWS) % 4], p * 2 + i % 4);
            [[unroll]] for (int j = 0; j < WIDTH; ++j)
                [[unroll]] for (int i = 0; i < CHANNELS; ++i)
                    [[unroll]] for (int ky = 0; ky < TAPS_H; ++ky) {
                        float r[4];
                        [[unroll]] for (int dx = 0; dx < 4; ++dx)
                            r[dx] = mix(s[(i * ROWS + ky) * 4 + dx], s[(i * ROWS + ky + 1) * 4 + dx], lower[p][j]);
                        [[unroll]] for (int kx = 0; kx < 3; ++kx)
                            sum[(ky * 3 + kx) * CHANNELS + i][j] += mix(r[kx], r[kx + 1], right[p][j]) * g[p][j];
                    }
        }
        px += WINDOWS;
        const bool next_row = px >= pool_w;
        px = next_row ? 0 : px;
        row += next_row ? 1 : 0;
        py += next_row ? 1 : 0;
        const bool next_image = py == pool_h;
        py = next_image ? 0 : py;
        n += next_image ? 1 : 0;
    } while (--iterations_left > 0);
    if (k >= lanes_k)
        return;
    [[unroll]] for (int t = 0; t < TAPS_H * 3; ++t)
        [[unroll]] for (int i = 0; i < CHANNELS; ++i)
            if (c * 4 + i < int(params.channels))
                dw[((split * 9 + ky0 * 3 + t) * int(params.channels) + c * 4 + i) * lanes_k + k] = sum[t * CHANNELS + i];
    if (c == 0 && ky0 == 0)
        db[split * lanes_k + k] = sum_b;
}
