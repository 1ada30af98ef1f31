#version 450
#extension GL_GOOGLE_include_directive : require
/* A dense layer for a batch of few rows; see src/ops/dense_gemv.h. An invocation computes four outputs of all
 * rows from one split of the inputs. Neighbouring invocations read neighbouring weights. */
#extension GL_EXT_control_flow_attributes : require
#include "common/flat.glsl"
#include "common/relu.glsl"
#include "common/vectors.glsl"
#include "params/dense_gemv.h"

#define MOST_ROWS 8 /* src/ops/dense_gemv.c has the same number */

layout(constant_id = 0) const bool has_bias = false;
layout(constant_id = 1) const bool relu = false;
layout(constant_id = 2) const uint rows = 1u;
LVK_VECTORS(0, x);
LVK_VECTORS(1, w);
LVK_VECTORS(2, bias); /* not read without a bias */
layout(binding = 3) writeonly buffer Y {
    vec4 y[]; /* [split, row, column] */
};

void main() {
    const uint item = LVK_FLAT_INDEX;
    if (item >= params.items)
        return;
    const uint columns = params.columns, column = item % columns, split = item / columns;
    uint i = split * params.inputs_per_split;
    const uint last = min(i + params.inputs_per_split, params.inputs);
    vec4 sum[MOST_ROWS], start = vec4(0.0);
    if (has_bias && split == 0u)
        start = LVK_LOAD(bias, column);
    [[unroll]] for (uint n = 0u; n < MOST_ROWS; ++n)
        sum[n] = start;
    do {
        vec4 v[MOST_ROWS], weight[4];
        [[unroll]] for (uint k = 0u; k < 4u; ++k)
            weight[k] = LVK_LOAD(w, (i * 4u + k) * columns + column);
        [[unroll]] for (uint n = 0u; n < MOST_ROWS; ++n)
            if (n < rows)
                v[n] = LVK_LOAD(x, n * params.inputs + i);
        [[unroll]] for (uint n = 0u; n < MOST_ROWS; ++n)
            if (n < rows)
                [[unroll]] for (uint k = 0u; k < 4u; ++k)
                    sum[n] += v[n][k] * weight[k];
    } while (++i < last);
    [[unroll]] for (uint n = 0u; n < MOST_ROWS; ++n)
        if (n < rows)
            y[(split * rows + n) * columns + column] = relu ? lvk_relu(sum[n]) : sum[n];
}
