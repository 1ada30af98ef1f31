/* Part of several operators: the sum of the rows of a matrix, in a fixed order, for any number of rows.
 * Shader: shaders/sum_rows.comp. */
#ifndef LVK_OPS_SUM_ROWS_H
#define LVK_OPS_SUM_ROWS_H

#include "backend/launch.h"

/* Appends launches for output[c] = (accumulate: output[c] +) sum over r of source[r * columns + c]. `source`
 * is an input or a scratch buffer of float. Partial sums go to the scratch buffers `scratch` and, of more
 * than 4,096 rows, `scratch` + 1, which are made large enough here; up to 128 rows need none. rows * columns
 * < 2^32. */
void lvk_launch_sum_rows(lvk_launch_list *list, lvk_binding_space space, int source, uint64_t rows,
                         uint64_t columns, int output, bool accumulate, int scratch);

/* The same, reading `source` as texels, which is faster on software devices: rows * columns / 4 must not
 * exceed their largest texel buffer (lvk_op_texels_unsupported). */
void lvk_launch_sum_rows_texels(lvk_launch_list *list, lvk_binding_space space, int source, uint64_t rows,
                                uint64_t columns, int output, bool accumulate, int scratch);

/* output = relu of the sums. */
void lvk_launch_sum_rows_relu(lvk_launch_list *list, lvk_binding_space space, int source, uint64_t rows,
                              uint64_t columns, int output, int scratch);

/* output = factor times the sums, reading the source as `reads`. */
void lvk_launch_sum_rows_scaled(lvk_launch_list *list, lvk_binding_kind reads, lvk_binding_space space,
                                int source, uint64_t rows, uint64_t columns, int output, float factor,
                                int scratch);

/* The sums of a scratch buffer, kept in the scratch buffer `kept`, whose size is set here. Partial sums go to
 * `scratch` and `scratch` + 1. */
void lvk_launch_sum_rows_kept(lvk_launch_list *list, int source, uint64_t rows, uint64_t columns, int kept,
                              int scratch);

/* The number of partial sums, 1 to 4,096, of a sum over `rows` terms: enough to fill a large device, each long enough to be worth
 * an invocation. The number depends on the shape alone, so that every device sums in the same order. */
uint32_t lvk_sum_splits(uint64_t rows);

#endif
