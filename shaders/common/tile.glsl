/* Products of matrices, C = A B, by tiles in shared memory, for GPUs. A workgroup computes a tile of 4,096
 * values of C, 64 rows x 64 columns or 128 x 32; an invocation computes 8 x 4 of these values. The workgroup
 * takes TILE_DEPTH products of each sum at a time: it multiplies the numbers in shared memory while it
 * fetches the next ones into registers. The 128 invocations and 10.5 KiB of shared memory that a workgroup
 * needs are within the limits of every Vulkan device.
 *
 * The including shader defines TILE_COLUMNS, 64 or 32, a specialization constant (src/ops/conv_shape.c has
 * the same numbers). The including shader fetches A and stores C, since A is an image seen as a matrix. B is
 * in binding 1, row after row. */
#extension GL_EXT_control_flow_attributes : require

#define TILE_DEPTH 16
#define TILE_LANES 128
layout(local_size_x = TILE_LANES) in;

const uint TILE_ROWS = 4096u / TILE_COLUMNS;
const uint TILE_PASSES = TILE_ROWS / 32u;     /* vec4s of A that an invocation fetches at a time, at most 4 */
const uint TILE_B_PASSES = TILE_COLUMNS / 8u; /* numbers of B that it fetches at a time, at most 8 */
/* 4 more than the rows, so that the invocations which write a column of A write to different memory banks. */
const uint TILE_STRIDE = TILE_ROWS + 4u;
shared float tile_a[TILE_DEPTH * TILE_STRIDE]; /* [TILE_DEPTH][TILE_STRIDE] */
shared float tile_b[TILE_DEPTH * TILE_COLUMNS];

layout(binding = 1) readonly buffer B {
    float b[]; /* [depth, columns] */
};

vec4 tile_next_a[4];
float tile_next_b[8];
vec4 tile_sum[8]; /* rows TILE_ROW + i, columns TILE_COLUMN + 0..3 of the tile */

#define TILE_LANE int(gl_LocalInvocationID.x)
#define TILE_ROW (TILE_LANE / int(TILE_COLUMNS / 4u) * 8)
#define TILE_COLUMN (TILE_LANE % int(TILE_COLUMNS / 4u) * 4)

/* Fetches TILE_COLUMNS numbers from `column` on of B's rows `depth` to depth + TILE_DEPTH - 1. Rows from
 * `end` on and columns from `columns` on count as 0. */
void tile_fetch_b(int depth, int end, int column, int columns) {
    const int k = column + TILE_LANE % int(TILE_COLUMNS);
    [[unroll]] for (int i = 0; i < 8; ++i)
        if (i < int(TILE_B_PASSES)) {
            const int row = depth + TILE_LANE / int(TILE_COLUMNS) + i * int(TILE_LANES / TILE_COLUMNS);
            const bool inside = row < end && k < columns;
            tile_next_b[i] = inside ? b[inside ? row * columns + k : 0] : 0.0;
        }
}

void tile_store_b() {
    [[unroll]] for (int i = 0; i < 8; ++i)
        if (i < int(TILE_B_PASSES))
            tile_b[TILE_LANE + i * TILE_LANES] = tile_next_b[i];
}

void tile_multiply() {
    [[unroll]] for (int k = 0; k < TILE_DEPTH; ++k) {
        const int row = k * int(TILE_STRIDE) + TILE_ROW, column = k * int(TILE_COLUMNS) + TILE_COLUMN;
        const vec4 v = vec4(tile_b[column], tile_b[column + 1], tile_b[column + 2], tile_b[column + 3]);
        [[unroll]] for (int i = 0; i < 8; ++i)
            tile_sum[i] += tile_a[row + i] * v;
    }
}
