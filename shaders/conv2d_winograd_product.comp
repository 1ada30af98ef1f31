#version 450
#extension GL_GOOGLE_include_directive : require
/* Winograd's products, m[i] = v[i] u[i] for sixteen matrices: v is [16, tiles, in_c], u [16, in_c, out_c],
 * and m [16, tiles, out_c]. in_c and out_c are multiples of 4. */
#include "common/index.glsl"
#include "params/conv2d_winograd.h"
layout(constant_id = 0) const uint TILE_COLUMNS = 64u;
#include "common/tile.glsl"

layout(binding = 0) readonly buffer V {
    vec4 v[];
};
layout(binding = 2) writeonly buffer M {
    vec4 m[];
};

int quad, corner[4]; /* the numbers of v that this invocation fetches: channels quad * 4 + 0..3 of up to four rows */

void fetch_a() {
    const bool inside = quad < int(params.in_c / 4u);
    [[unroll]] for (int i = 0; i < 4; ++i)
        if (i < int(TILE_PASSES))
            tile_next_a[i] = inside ? v[inside ? corner[i] + quad : 0] : vec4(0.0);
}

void store_a() {
    [[unroll]] for (int i = 0; i < 4; ++i)
        if (i < int(TILE_PASSES))
            [[unroll]] for (int c = 0; c < 4; ++c)
                tile_a[(TILE_LANE % 4 * 4 + c) * int(TILE_STRIDE) + TILE_LANE / 4 + 32 * i] = tile_next_a[i][c];
}

void main() {
    const int rows = int(params.tiles), columns = int(params.out_c);
    const int tiles_down = (rows + int(TILE_ROWS) - 1) / int(TILE_ROWS);
    const int tiles_across = (columns + int(TILE_COLUMNS) - 1) / int(TILE_COLUMNS);
    const int group = int(LVK_GROUP_INDEX), matrix = group / tiles_across / tiles_down;
    const int first_row = group / tiles_across % tiles_down * int(TILE_ROWS);
    const int first_column = group % tiles_across * int(TILE_COLUMNS);
    if (matrix >= 16)
        return;

    quad = TILE_LANE % 4;
    [[unroll]] for (int i = 0; i < 4; ++i)
        corner[i] = (matrix * rows + min(first_row + TILE_LANE / 4 + 32 * i, rows - 1)) * int(params.in_c / 4u);
    [[unroll]] for (int i = 0; i < 8; ++i)
        tile_sum[i] = vec4(0.0);

    const int begin = matrix * int(params.in_c), end = begin + int(params.in_c); /* rows of u */
    fetch_a();
    tile_fetch_b(begin, end, first_column, columns);
    for (int depth = begin; depth < end; depth += TILE_DEPTH) {
        store_a();
        tile_store_b();
        barrier();
        quad += TILE_DEPTH / 4;
        fetch_a();
        tile_fetch_b(depth + TILE_DEPTH, end, first_column, columns);
        tile_multiply();
        barrier();
    }

    [[unroll]] for (int i = 0; i < 8; ++i)
        if (first_row + TILE_ROW + i < rows && first_column + TILE_COLUMN < columns)
            m[((matrix * rows + first_row + TILE_ROW + i) * columns + first_column + TILE_COLUMN) / 4] = tile_sum[i];
}
