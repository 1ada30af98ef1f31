#version 450
#extension GL_GOOGLE_include_directive : require
/* dx of a dense layer, by a subgroup whose lanes stand for 4 inputs each: the subgroup computes ROWS rows of
 * the batch times 4 x LVK_LANES inputs. Each lane reads its own weights. All lanes need the same dy: each
 * lane reads some rows, and LVK_SHARE gives these to the other lanes. */
#include "common/index.glsl"
#include "common/subgroup.glsl"
#include "params/conv2d.h"

#define ROWS (LVK_LANES == 4 ? 8 : 32) /* src/ops/dense_grad_input.c has the same numbers */

LVK_VECTORS(0, dy);
LVK_VECTORS(1, w);
layout(binding = 2) writeonly buffer DX {
    vec4 dx[];
};

void main() {
    const int in4 = int(params.in_c) / 4, out4 = int(params.out_c) / 4, batch = int(params.batch);
    const int tiles = (in4 + LVK_LANES - 1) / LVK_LANES;
    const int group = int(LVK_GROUP_INDEX), i = group % tiles * LVK_LANES + LVK_LANE, n0 = group / tiles * ROWS;
    if (n0 >= batch)
        return;
    const int from = min(i, in4 - 1) * 4 * out4;
    vec4 sum[ROWS];
    [[unroll]] for (int n = 0; n < ROWS; ++n)
        sum[n] = vec4(0.0);
    int k = 0;
    do {
        vec4 weight[4], g[ROWS / LVK_LANES];
        [[unroll]] for (int j = 0; j < 4; ++j)
            weight[j] = LVK_LOAD(w, from + j * out4 + k);
        [[unroll]] for (int f = 0; f < ROWS / LVK_LANES; ++f) {
            const int n = n0 + f * LVK_LANES + LVK_LANE;
            const int at = n < batch ? n * out4 + k : LVK_OUTSIDE;
            g[f] = LVK_LOAD_OR_0(dy, at);
        }
        [[unroll]] for (int n = 0; n < ROWS; ++n)
            [[unroll]] for (int c = 0; c < 4; ++c) {
                const float s = LVK_SHARE(g[n / LVK_LANES][c], n % LVK_LANES);
                [[unroll]] for (int j = 0; j < 4; ++j)
                    sum[n][j] += weight[j][c] * s;
            }
    } while (++k < out4);
    [[unroll]] for (int n = 0; n < ROWS; ++n)
        if (i < in4 && n0 + n < batch)
            dx[(n0 + n) * in4 + i] = sum[n];
}
