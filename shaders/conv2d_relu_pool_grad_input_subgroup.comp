#version 450
#extension GL_GOOGLE_include_directive : require
/* dx of conv2d_relu_pool, 3x3 at stride 1, by a subgroup whose lanes stand for squares of 2x2 pixels of x.
 * The squares are counted from the upper left corner of the padded x. Four pool windows reach a square: its
 * own window, and those above, to the left, and above left of it. An iteration takes 4 channels of the four
 * windows' gradients. Each gradient is put, in registers, at the position that won its window, and multiplied
 * by all nine taps, for VECTORS x 4 input channels. With two squares a lane fewer values would be read, but
 * the code of an iteration would exceed the processor's instruction cache. w is packed
 * (params/conv2d_pool_pack.h). src/ops/conv2d_relu_pool_grad_input.c has the same numbers. */
#include "common/conv_shape.glsl"
#include "common/index.glsl"
#include "common/subgroup.glsl"
#include "params/conv2d.h"

#define VECTORS (LVK_LANES == 8 ? 1 : 2)
#define TERMS (9 * 4 * VECTORS)
#define FETCHES ((TERMS + LVK_LANES - 1) / LVK_LANES)

LVK_VECTORS(0, dy);
LVK_BYTES(1, index);
LVK_VECTORS(2, packed);
layout(binding = 3) writeonly buffer DX {
    vec4 dx[];
};

layout(constant_id = 6) const int pad_top = 0;
layout(constant_id = 7) const int pad_left = 0;
const int across = (in_w + pad_left + 1) / 2, down = (in_h + pad_top + 1) / 2;
const int columns = (in4 + VECTORS - 1) / VECTORS;

void main() {
    const int all = int(params.batch) * down * across, group = int(LVK_GROUP_INDEX);
    const int mine = group / columns * LVK_LANES + LVK_LANE, block = min(mine, all - 1);
    const int bx = block % across, by = block / across % down, n = block / across / down;
    int from[4];
    [[unroll]] for (int i = 0; i < 4; ++i) {
        const int py = by - 1 + i / 2, px = bx - 1 + i % 2;
        from[i] = uint(py) < uint(pool_h) && uint(px) < uint(pool_w) ? ((n * pool_h + py) * pool_w + px) * out4 : -0x40000000;
    }
    vec4 sum[4 * VECTORS];
    [[unroll]] for (int i = 0; i < 4 * VECTORS; ++i)
        sum[i] = vec4(0.0);
    int weights = group % columns * out4 * FETCHES * LVK_LANES + LVK_LANE;
    int k = 0;
    do {
        vec4 g[4], weight[FETCHES], spread[16];
        uvec4 won[4];
        [[unroll]] for (int i = 0; i < 4; ++i) {
            g[i] = LVK_LOAD_OR_0(dy, from[i] + k);
            won[i] = LVK_LOAD_BYTES(index, from[i] + k);
        }
        [[unroll]] for (int f = 0; f < FETCHES; ++f)
            weight[f] = LVK_LOAD(packed, weights + f * LVK_LANES);
        weights += FETCHES * LVK_LANES;
        [[unroll]] for (int i = 0; i < 4; ++i)
            [[unroll]] for (int p = 0; p < 4; ++p)
                spread[(i / 2 * 2 + p / 2) * 4 + i % 2 * 2 + p % 2] = mix(vec4(0.0), g[i], equal(won[i], uvec4(p)));
        [[unroll]] for (int i = 0; i < 4; ++i)
            [[unroll]] for (int j = 0; j < VECTORS * 4; ++j)
                [[unroll]] for (int tap = 0; tap < 9; ++tap) {
                    const int at = (tap * 4 + i) * VECTORS + j / 4;
                    const float s = LVK_SHARE(weight[at / LVK_LANES][j % 4], at % LVK_LANES);
                    [[unroll]] for (int q = 0; q < 4; ++q)
                        sum[q * VECTORS + j / 4][j % 4] += spread[(q / 2 + 2 - tap / 3) * 4 + q % 2 + 2 - tap % 3][i] * s;
                }
    } while (++k < out4);
    [[unroll]] for (int q = 0; q < 4; ++q) {
        const int iy = by * 2 + q / 2 - pad_top, ix = bx * 2 + q % 2 - pad_left;
        [[unroll]] for (int j = 0; j < VECTORS; ++j) {
            const int c = group % columns * VECTORS + j;
            if (mine < all && uint(iy) < uint(in_h) && uint(ix) < uint(in_w) && c < in4)
                dx[((n * in_h + iy) * in_w + ix) * in4 + c] = sum[q * VECTORS + j];
        }
    }
}
