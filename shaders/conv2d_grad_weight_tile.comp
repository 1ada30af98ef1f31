#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/index.glsl"
#include "params/conv2d_grad_weight.h"
layout(constant_id = 0) const uint TILE_COLUMNS = 64u;
#include "common/tile.glsl"

/* dw as a product of matrices (common/tile.glsl): a row of A holds one channel of x under one tap, for all
 * pixels of dy; B is dy. in_c is a multiple of 4. A split is a range of dy's image rows, whose partial sums
 * are a tensor of their own. */
layout(binding = 0) readonly buffer X {
    vec4 x[];
};
layout(binding = 2) buffer DW {
    float dw[];
};

#define QUADS int(TILE_ROWS / 4u)            /* groups of four rows in a tile */
#define PIXELS (TILE_LANES / QUADS)          /* pixels that the workgroup fetches at the same time */

/* The numbers of A that this invocation fetches: four channels of one tap, for up to four pixels. */
int quad, kx, ky;
bool wanted; /* whether this invocation has channels to fetch */
int ox[4], oy[4], image[4];

void find_quad(int row) {
    const int at = row / 4 + TILE_LANE % QUADS, tap = at / int(params.in_c / 4u);
    quad = at % int(params.in_c / 4u);
    kx = tap % int(params.kernel_w);
    ky = tap / int(params.kernel_w);
    wanted = ky < int(params.kernel_h);
}

void find_pixels(int pixel) {
    [[unroll]] for (int i = 0; i < 4; ++i) {
        const int at = pixel + TILE_LANE / QUADS + i * PIXELS, line = at / int(params.out_w);
        ox[i] = at % int(params.out_w);
        oy[i] = line % int(params.out_h);
        image[i] = line / int(params.out_h);
    }
}

/* Moves this invocation's pixels on by TILE_DEPTH, without a division, which is slow. */
void advance_pixels() {
    [[unroll]] for (int i = 0; i < 4; ++i)
        if (i < int(TILE_PASSES)) {
            ox[i] += TILE_DEPTH;
            while (ox[i] >= int(params.out_w)) {
                ox[i] -= int(params.out_w);
                if (++oy[i] == int(params.out_h)) {
                    oy[i] = 0;
                    ++image[i];
                }
            }
        }
}

void fetch_a(int pixel, int end) {
    [[unroll]] for (int i = 0; i < 4; ++i)
        if (i < int(TILE_PASSES)) {
            const int iy = oy[i] * int(params.stride_h) + ky - params.pad_top;
            const int ix = ox[i] * int(params.stride_w) + kx - params.pad_left;
            const bool inside = wanted && pixel + TILE_LANE / QUADS + i * PIXELS < end && uint(iy) < params.in_h &&
                                uint(ix) < params.in_w;
            const int at = ((image[i] * int(params.in_h) + iy) * int(params.in_w) + ix) * int(params.in_c / 4u) + quad;
            tile_next_a[i] = inside ? x[inside ? at : 0] : vec4(0.0);
        }
}

void store_a() {
    [[unroll]] for (int i = 0; i < 4; ++i)
        if (i < int(TILE_PASSES))
            [[unroll]] for (int c = 0; c < 4; ++c)
                tile_a[(TILE_LANE / QUADS + i * PIXELS) * int(TILE_STRIDE) + TILE_LANE % QUADS * 4 + c] = tile_next_a[i][c];
}

void main() {
    const int rows = int(params.kernel_h * params.kernel_w * params.in_c), columns = int(params.out_c);
    const int tiles_down = (rows + int(TILE_ROWS) - 1) / int(TILE_ROWS);
    const int tiles_across = (columns + int(TILE_COLUMNS) - 1) / int(TILE_COLUMNS);
    const int group = int(LVK_GROUP_INDEX), split = group / tiles_across / tiles_down;
    const int first_row = group / tiles_across % tiles_down * int(TILE_ROWS);
    const int first_column = group % tiles_across * int(TILE_COLUMNS);
    if (split >= int(params.splits))
        return;

    [[unroll]] for (int i = 0; i < 8; ++i)
        tile_sum[i] = vec4(0.0);
    const int first = split * int(params.rows_per_split) * int(params.out_w);
    const int last = min(first + int(params.rows_per_split * params.out_w), int(params.rows * params.out_w));
    find_quad(first_row);
    find_pixels(first);
    fetch_a(first, last);
    tile_fetch_b(first, last, first_column, columns);
    for (int pixel = first; pixel < last; pixel += TILE_DEPTH) {
        store_a();
        tile_store_b();
        barrier();
        advance_pixels();
        fetch_a(pixel + TILE_DEPTH, last);
        tile_fetch_b(pixel + TILE_DEPTH, last, first_column, columns);
        tile_multiply();
        barrier();
    }

    const int channels = int(params.channels), taps = int(params.kernel_h * params.kernel_w);
    [[unroll]] for (int i = 0; i < 8; ++i) {
        const int row = first_row + TILE_ROW + i, tap = row / int(params.in_c), channel = row % int(params.in_c);
        [[unroll]] for (int c = 0; c < 4; ++c)
            if (row < rows && channel < channels && first_column + TILE_COLUMN + c < columns) {
                const int at = ((split * taps + tap) * channels + channel) * columns + first_column + TILE_COLUMN + c;
                dw[at] = params.accumulate != 0u ? dw[at] + tile_sum[i][c] : tile_sum[i][c];
            }
    }
}
