/* The sum over the rows of a matrix, in a fixed order and for any number of rows, as part of several
 * operators. The shader is shaders/sum_rows.comp. */
#ifndef LVK_OPS_SUM_ROWS_H
#define LVK_OPS_SUM_ROWS_H

#include "backend/launch.h"

/* Appends launches for output[c] = sum over r of source[r * columns + c], with `accumulate` plus the old
 * output[c]. The source is input or scratch buffer number `source`, of floats. rows * columns must be below
 * 2^32. Partial sums go to scratch buffer `scratch` and, with more than 4,096 rows, `scratch` + 1; the
 * function makes these buffers large enough. Up to 128 rows need no scratch. */
void lvk_launch_sum_rows(lvk_launch_list *list, lvk_binding_space space, int source, uint64_t rows,
                         uint64_t columns, int output, bool accumulate, int scratch);

/* The same, but the first launch reads the source as texels, which is faster on software devices. rows *
 * columns / 4 must not exceed the device's largest texel buffer (lvk_op_texels_unsupported). */
void lvk_launch_sum_rows_texels(lvk_launch_list *list, lvk_binding_space space, int source, uint64_t rows,
                                uint64_t columns, int output, bool accumulate, int scratch);

/* The same, but output = max(0, sum). */
void lvk_launch_sum_rows_relu(lvk_launch_list *list, lvk_binding_space space, int source, uint64_t rows,
                              uint64_t columns, int output, int scratch);

/* The same, but output = factor times the sum, and the first launch reads the source as `reads`. */
void lvk_launch_sum_rows_scaled(lvk_launch_list *list, lvk_binding_kind reads, lvk_binding_space space,
                                int source, uint64_t rows, uint64_t columns, int output, float factor,
                                int scratch);

/* The same for a source in scratch buffer `source`; the sums go to scratch buffer `kept`, whose size the
 * function sets. Partial sums go to `scratch` and `scratch` + 1. */
void lvk_launch_sum_rows_kept(lvk_launch_list *list, int source, uint64_t rows, uint64_t columns, int kept,
                              int scratch);

/* The number of partial sums, 1 to 4,096, of a sum over `rows` terms. There are enough to keep a large device
 * busy, and each has enough terms to be worth an invocation. The number depends on the shape alone, so that
 * every device sums in the same order. */
uint32_t lvk_sum_splits(uint64_t rows);

#endif
