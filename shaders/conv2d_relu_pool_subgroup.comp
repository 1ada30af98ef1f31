#version 450
#extension GL_GOOGLE_include_directive : require
/* conv2d_relu_pool, 3x3 at stride 1, by a subgroup whose lanes stand for pool windows. A lane computes the
 * four positions of its window times VECTORS x 4 output channels, so that values which the pool drops are
 * never written. An iteration takes one row of taps over CHANNELS x 4 input channels. Each lane reads the 2x4
 * pixels that its window needs. All lanes need the same weights: each lane reads some of the vec4s, and
 * LVK_SHARE gives these to the other lanes. src/ops/conv2d_relu_pool.c has the same numbers. */
#include "common/conv_shape.glsl"
#include "common/index.glsl"
#include "common/relu_pool.glsl"
#include "common/subgroup.glsl"
#include "params/conv2d.h"

#define VECTORS 4
#define FETCHES (4 * VECTORS / LVK_LANES)
#define CHANNELS (LVK_LANES == 16 ? 2 : 1) /* of x in an iteration: as many as have room in registers beside all sums */

layout(constant_id = 6) const bool has_bias = false;
layout(constant_id = 7) const bool padded = false;
LVK_VECTORS(0, x);
LVK_VECTORS(1, w);
LVK_VECTORS(2, bias); /* not read when has_bias is 0 */
layout(binding = 3) writeonly buffer Y {
    vec4 y[];
};
layout(binding = 4) writeonly buffer Index {
    uint index[];
};

void main() {
    const int windows = int(params.batch) * pool_h * pool_w;
    const int columns = (out4 + VECTORS - 1) / VECTORS, group = int(LVK_GROUP_INDEX);
    const int k0 = group % columns * VECTORS, mine = group / columns * LVK_LANES + LVK_LANE, window = min(mine, windows - 1);
    const int row = window / pool_w, ix = window % pool_w * 2 - params.pad_left, iy = row % pool_h * 2 - params.pad_top;
    const int corner = ((row / pool_h * in_h + iy) * in_w + ix) * in4;

    vec4 sum[4 * VECTORS];
    [[unroll]] for (int j = 0; j < VECTORS; ++j) {
        vec4 start = vec4(0.0);
        if (has_bias)
            start = LVK_LOAD(bias, min(k0 + j, out4 - 1));
        [[unroll]] for (int q = 0; q < 4; ++q)
            sum[q * VECTORS + j] = start;
    }
    /* The vec4s that this lane reads of the weights of 4 input channels. For output channels past the last
     * one the lane reads any other weights, since the sums of these channels are not stored. */
    int weights[FETCHES];
    [[unroll]] for (int f = 0; f < FETCHES; ++f) {
        const int i = f * LVK_LANES + LVK_LANE;
        weights[f] = i / VECTORS * out4 + min(k0 + i % VECTORS, out4 - 1);
    }
    int c = 0, ky = 0, iterations_left = 3 * in4;
    do {
        vec4 v[8], weight[3 * FETCHES];
        [[unroll]] for (int dy = 0; dy < 2; ++dy)
            [[unroll]] for (int dx = 0; dx < 4; ++dx) {
                int at = corner + ((ky + dy) * in_w + dx) * in4 + c;
                if (padded)
                    at = uint(iy + ky + dy) < uint(in_h) && uint(ix + dx) < uint(in_w) ? at : LVK_OUTSIDE;
                v[dy * 4 + dx] = LVK_LOAD_OR_0(x, at);
            }
        const int from = (ky * 3 * in4 + c) * 4 * out4;
        [[unroll]] for (int kx = 0; kx < 3; ++kx)
            [[unroll]] for (int f = 0; f < FETCHES; ++f)
                weight[kx * FETCHES + f] = LVK_LOAD(w, from + kx * in4 * 4 * out4 + weights[f]);
        [[unroll]] for (int e = 0; e < 4 / CHANNELS * VECTORS * 4; ++e)
            [[unroll]] for (int t = 0; t < 3 * CHANNELS; ++t) {
                const int k = e % (VECTORS * 4), i = e / (VECTORS * 4) * CHANNELS + t % CHANNELS, kx = t / CHANNELS;
                const int at = i * VECTORS + k / 4;
                const float s = LVK_SHARE(weight[kx * FETCHES + at / LVK_LANES][k % 4], at % LVK_LANES);
                [[unroll]] for (int q = 0; q < 4; ++q)
                    sum[q * VECTORS + k / 4][k % 4] += v[q / 2 * 4 + q % 2 + kx][i] * s;
            }
        ++c;
        const bool next = c == in4;
        c = next ? 0 : c;
        ky += next ? 1 : 0;
    } while (--iterations_left > 0);
    [[unroll]] for (int j = 0; j < VECTORS; ++j) {
        vec4 best;
        uint where;
        lvk_relu_pool(sum[j], sum[VECTORS + j], sum[2 * VECTORS + j], sum[3 * VECTORS + j], best, where);
        if (mine < windows && k0 + j < out4) {
            y[mine * out4 + k0 + j] = best;
            index[mine * out4 + k0 + j] = where;
        }
    }
}
