#version 450
#extension GL_GOOGLE_include_directive : require
/* dw by a subgroup whose lanes stand for 4 output channels each: the subgroup computes TAPS_H x TAPS_W taps
 * times CHANNELS input channels, over the rows of one split, STRIP pixels in an iteration. Each lane reads
 * its own channels of dy. All lanes need the same x: each lane reads one column of pixels, and LVK_SHARE
 * gives this column to the others. TAPS_W is 1 or the kernel's width; in the second case stride_w is
 * TAPS_STRIDE. TAPS_H is 1 or the kernel's height. src/ops/conv_grad.c has the same numbers. */
#include "common/index.glsl"
#include "common/subgroup.glsl"
#include "params/conv2d_grad_weight.h"

#define STRIP 8
#define COLUMNS ((STRIP - 1) * TAPS_STRIDE + TAPS_W)
#define FETCHES ((COLUMNS + LVK_LANES - 1) / LVK_LANES)
#define QUADS (CHANNELS / 4)

LVK_VECTORS(0, x);
LVK_VECTORS(1, dy);
layout(binding = 2) buffer DW {
    vec4 dw[];
};

void main() {
    const int in4 = int(params.in_c) / 4, out4 = int(params.out_c) / 4;
    const int in_h = int(params.in_h), in_w = int(params.in_w), out_h = int(params.out_h), out_w = int(params.out_w);
    const int k_tiles = (out4 + LVK_LANES - 1) / LVK_LANES, c_tiles = (in4 + QUADS - 1) / QUADS;
    const int x_tiles = int(params.kernel_w) / TAPS_W, y_tiles = int(params.kernel_h) / TAPS_H;
    int tile = int(LVK_GROUP_INDEX);
    const int k = tile % k_tiles * LVK_LANES + LVK_LANE;
    tile /= k_tiles;
    const int c0 = tile % c_tiles * QUADS;
    tile /= c_tiles;
    const int kx0 = tile % x_tiles * TAPS_W;
    tile /= x_tiles;
    const int ky0 = tile % y_tiles * TAPS_H, split = tile / y_tiles;
    if (split >= int(params.splits))
        return;

    vec4 sum[TAPS_H * TAPS_W * CHANNELS];
    [[unroll]] for (int i = 0; i < TAPS_H * TAPS_W * CHANNELS; ++i)
        sum[i] = vec4(0.0);
    const int first = split * int(params.rows_per_split);
    const int last = min(first + int(params.rows_per_split), int(params.rows));
    const int strips = (out_w + STRIP - 1) / STRIP;
    int row = first, ox = 0, n = first / out_h, oy = first % out_h, iterations_left = (last - first) * strips;
    do {
        const int iy0 = oy * int(params.stride_h) + ky0 - params.pad_top;
        vec4 g[STRIP], v[TAPS_H * QUADS * FETCHES];
        [[unroll]] for (int p = 0; p < STRIP; ++p) {
            const int at = ox + p < out_w && k < out4 ? (row * out_w + ox + p) * out4 + k : LVK_OUTSIDE;
            g[p] = LVK_LOAD_OR_0(dy, at);
        }
        [[unroll]] for (int f = 0; f < FETCHES; ++f) {
            const int column = TAPS_W == 1 ? (ox + f * LVK_LANES + LVK_LANE) * int(params.stride_w)
                                           : ox * TAPS_STRIDE + f * LVK_LANES + LVK_LANE;
            const int ix = column + kx0 - params.pad_left;
            [[unroll]] for (int ky = 0; ky < TAPS_H; ++ky) {
                const bool inside = uint(iy0 + ky) < params.in_h && uint(ix) < params.in_w;
                const int corner = ((n * in_h + iy0 + ky) * in_w + ix) * in4;
                [[unroll]] for (int q = 0; q < QUADS; ++q) {
                    const int at = inside ? corner + min(c0 + q, in4 - 1) : LVK_OUTSIDE;
                    v[(ky * QUADS + q) * FETCHES + f] = LVK_LOAD_OR_0(x, at);
                }
            }
        }
        [[unroll]] for (int ky = 0; ky < TAPS_H; ++ky)
            [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
                float s[COLUMNS];
                [[unroll]] for (int i = 0; i < COLUMNS; ++i)
                    s[i] = LVK_SHARE(v[(ky * QUADS + c / 4) * FETCHES + i / LVK_LANES][c % 4], i % LVK_LANES);
                [[unroll]] for (int j = 0; j < 4; ++j)
                    [[unroll]] for (int kx = 0; kx < TAPS_W; ++kx)
                        [[unroll]] for (int p = 0; p < STRIP; ++p)
                            sum[(ky * TAPS_W + kx) * CHANNELS + c][j] += g[p][j] * s[p * TAPS_STRIDE + kx];
            }
        ox += STRIP;
        const bool next_row = ox >= out_w;
        ox = next_row ? 0 : ox;
        row += next_row ? 1 : 0;
        oy += next_row ? 1 : 0;
        const bool next_image = oy == out_h;
        oy = next_image ? 0 : oy;
        n += next_image ? 1 : 0;
    } while (--iterations_left > 0);

    if (k >= out4)
        return;
    [[unroll]] for (int ky = 0; ky < TAPS_H; ++ky)
        [[unroll]] for (int kx = 0; kx < TAPS_W; ++kx)
            [[unroll]] for (int c = 0; c < CHANNELS; ++c)
                if (c0 * 4 + c < int(params.channels)) {
                    const int tap = (ky0 + ky) * int(params.kernel_w) + kx0 + kx;
                    const int taps = int(params.kernel_h * params.kernel_w);
                    const int at = ((split * taps + tap) * int(params.channels) + c0 * 4 + c) * out4 + k;
                    const vec4 total = sum[(ky * TAPS_W + kx) * CHANNELS + c];
                    dw[at] = params.accumulate != 0u ? dw[at] + total : total;
                }
}
