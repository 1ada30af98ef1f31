#version 450
#extension GL_GOOGLE_include_directive : require
/* conv2d as a product of matrices (common/tile.glsl). A row of A holds the kernel_h * kernel_w * in_c numbers
 * of x that one pixel of y depends on; B is the kernel. in_c is a multiple of 4. A step is TILE_DEPTH
 * products of the sum. A split is a range of steps, whose partial sums are a tensor of their own. With
 * LVK_RESIDUAL 1 the kernel adds a tensor of y's type, with the constant `relu` 1 it ends with a ReLU.
 *
 * With LVK_POOL 1 the rows of A are ordered by pool windows: the eight rows of an invocation are two whole
 * windows, so that the invocation computes ReLU and pool in registers. out_c is then a multiple of 4, and
 * there is one split. */
#include "common/index.glsl"
#include "params/conv2d.h"
layout(constant_id = 0) const uint has_bias = 0u;
layout(constant_id = 1) const uint TILE_COLUMNS = 64u;
#include "common/tile.glsl"

layout(binding = 0) readonly buffer X {
    vec4 x[];
};
layout(binding = 2) readonly buffer Bias {
    float bias[]; /* not read when has_bias is 0 */
};
#if LVK_POOL
#include "common/relu_pool.glsl"
layout(binding = 3) writeonly buffer Y {
    vec4 y[];
};
layout(binding = 4) writeonly buffer Index {
    uint index[];
};
#else
#include "common/relu.glsl"
layout(constant_id = 2) const uint relu = 0u;
layout(binding = 3) writeonly buffer Y {
    float y[];
};
#if LVK_RESIDUAL
layout(binding = 4) readonly buffer Residual {
    float residual[];
};
#endif
#endif

/* The numbers of A that this invocation fetches: four channels of one tap, for up to four pixels. */
int quad, kx, ky;                /* channels quad * 4 + 0..3, tap */
int ix[4], iy[4], corner[4]; /* where tap 0 of each pixel lies in x: column, row, and index of the vec4 */

int count_rows() {
#if LVK_POOL
    return int(params.batch * (params.out_h / 2u) * (params.out_w / 2u) * 4u);
#else
    return int(params.batch * params.out_h * params.out_w);
#endif
}

void find_pixel(int row, int slot) {
#if LVK_POOL
    const int pool_h = int(params.out_h) / 2, pool_w = int(params.out_w) / 2, window = row / 4;
    const int line = window / pool_w, n = line / pool_h;
    const int oy = line % pool_h * 2 + row / 2 % 2, ox = window % pool_w * 2 + row % 2;
#else
    const int line = row / int(params.out_w), n = line / int(params.out_h);
    const int oy = line % int(params.out_h), ox = row % int(params.out_w);
#endif
    ix[slot] = ox * int(params.stride_w) - params.pad_left;
    iy[slot] = oy * int(params.stride_h) - params.pad_top;
    corner[slot] = ((n * int(params.in_h) + iy[slot]) * int(params.in_w) + ix[slot]) * int(params.in_c / 4u);
}

void find_quad(int step) {
    const int at = step * (TILE_DEPTH / 4) + TILE_LANE % 4, tap = at / int(params.in_c / 4u);
    quad = at % int(params.in_c / 4u);
    kx = tap % int(params.kernel_w);
    ky = tap / int(params.kernel_w);
}

/* Moves to the numbers of the next step, without a division, which is slow. */
void advance_quad() {
    quad += TILE_DEPTH / 4;
    while (quad >= int(params.in_c / 4u)) {
        quad -= int(params.in_c / 4u);
        if (++kx == int(params.kernel_w)) {
            kx = 0;
            ++ky;
        }
    }
}

void fetch_a() {
    const int offset = (ky * int(params.in_w) + kx) * int(params.in_c / 4u) + quad;
    [[unroll]] for (int i = 0; i < 4; ++i)
        if (i < int(TILE_PASSES)) {
            const bool inside = ky < int(params.kernel_h) && uint(iy[i] + ky) < params.in_h && uint(ix[i] + kx) < params.in_w;
            tile_next_a[i] = inside ? x[inside ? corner[i] + offset : 0] : vec4(0.0);
        }
}

void store_a() {
    [[unroll]] for (int i = 0; i < 4; ++i)
        if (i < int(TILE_PASSES))
            [[unroll]] for (int c = 0; c < 4; ++c)
                tile_a[(TILE_LANE % 4 * 4 + c) * int(TILE_STRIDE) + TILE_LANE / 4 + 32 * i] = tile_next_a[i][c];
}

void main() {
    const int rows = count_rows(), columns = int(params.out_c);
    const int tiles_down = (rows + int(TILE_ROWS) - 1) / int(TILE_ROWS);
    const int tiles_across = (columns + int(TILE_COLUMNS) - 1) / int(TILE_COLUMNS);
    const int group = int(LVK_GROUP_INDEX), split = group / tiles_across / tiles_down;
    const int first_row = group / tiles_across % tiles_down * int(TILE_ROWS);
    const int first_column = group % tiles_across * int(TILE_COLUMNS);
    if (split >= int(params.splits))
        return;

    [[unroll]] for (int i = 0; i < 4; ++i)
        if (i < int(TILE_PASSES))
            find_pixel(min(first_row + TILE_LANE / 4 + 32 * i, rows - 1), i);
    [[unroll]] for (int i = 0; i < 8; ++i)
        tile_sum[i] = vec4(0.0);

    const int depth = int(params.kernel_h * params.kernel_w * params.in_c), steps = (depth + TILE_DEPTH - 1) / TILE_DEPTH;
#if LVK_POOL
    const int first = 0, last = steps;
#else
    const int first = split * int(params.steps_per_split), last = min(first + int(params.steps_per_split), steps);
#endif
    find_quad(first);
    fetch_a();
    tile_fetch_b(first * TILE_DEPTH, depth, first_column, columns);
    for (int step = first; step < last; ++step) {
        store_a();
        tile_store_b();
        barrier();
        advance_quad();
        fetch_a();
        tile_fetch_b((step + 1) * TILE_DEPTH, depth, first_column, columns);
        tile_multiply();
        barrier();
    }

    vec4 offset = vec4(0.0);
    [[unroll]] for (int c = 0; c < 4; ++c)
        if (has_bias != 0u && split == 0 && first_column + TILE_COLUMN + c < columns)
            offset[c] = bias[first_column + TILE_COLUMN + c];
    [[unroll]] for (int i = 0; i < 8; ++i)
        tile_sum[i] += offset;

#if LVK_POOL
    [[unroll]] for (int i = 0; i < 8; i += 4)
        if (first_row + TILE_ROW + i < rows && first_column + TILE_COLUMN < columns) {
            vec4 best;
            uint where;
            lvk_relu_pool(tile_sum[i], tile_sum[i + 1], tile_sum[i + 2], tile_sum[i + 3], best, where);
            const int at = ((first_row + TILE_ROW + i) / 4 * columns + first_column + TILE_COLUMN) / 4;
            y[at] = best;
            index[at] = where;
        }
#else
#if LVK_RESIDUAL
    if (split == 0)
        [[unroll]] for (int i = 0; i < 8; ++i)
            [[unroll]] for (int c = 0; c < 4; ++c)
                if (first_row + TILE_ROW + i < rows && first_column + TILE_COLUMN + c < columns)
                    tile_sum[i][c] += residual[(first_row + TILE_ROW + i) * columns + first_column + TILE_COLUMN + c];
#endif
    [[unroll]] for (int i = 0; i < 8; ++i) {
        const vec4 result = relu != 0u ? lvk_relu(tile_sum[i]) : tile_sum[i];
        [[unroll]] for (int c = 0; c < 4; ++c)
            if (first_row + TILE_ROW + i < rows && first_column + TILE_COLUMN + c < columns)
                y[(split * rows + first_row + TILE_ROW + i) * columns + first_column + TILE_COLUMN + c] = result[c];
    }
#endif
}
