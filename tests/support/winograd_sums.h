/* The allowed error of candidates called winograd (lvk_case_table.own_sums).
 *
 * These candidates compute Y = A^T [sum over c of (G g G^T) * (B^T d B)] A, where * multiplies element by
 * element, g is 3x3 numbers of w, d 4x4 numbers of x, Y 2x2 numbers of y, and
 *
 *         [1    0    0 ]         [1  0 -1  0]
 *     G = [1/2  1/2 1/2]   B^T = [0  1  1  0]   A^T = [1  1  1  0]
 *         [1/2 -1/2 1/2]         [0 -1  1  0]         [0  1 -1 -1]
 *         [0    0    1 ]         [0  1  0 -1]
 *
 * S. Every rounding is relative to a number that is at most the same expression over the absolute values of
 * matrices and data (Higham, Accuracy and Stability, 3.1): to first order an error is at most the number of
 * roundings times eps / 2 times
 *
 *     S = |A^T| [sum over c of (|G| |g| |G^T|) * (|B^T| |d| |B|)] |A|  + |b| + |residual|.
 *
 * This S is larger than that of the direct sum, since terms that cancel in exact arithmetic count here. In
 * one dimension, outputs 0 and 1 have
 *
 *     S0 = |g0| (|d0| + |d2|) + (|g0| + |g1| + |g2|) (|d1| + |d2|),
 *     S1 = |g2| (|d1| + |d3|) + (|g0| + |g1| + |g2|) (|d1| + |d2|),
 *
 * where the second summand is the sum of the halves of rows 1 and 2, which have the same absolute values. In
 * two dimensions, S is the tensor product of both, which has four summands.
 *
 * K. A product passes through at most 4 roundings in G g G^T (two sums a dimension; halves are exact), 2 in
 * B^T d B, its own, C - 1 in the sum over C channels, 4 in A^T m A, and one each for bias and residual: K = C
 * + 12. The roundings are nearly independent of each other, so that their sum grows with sqrt(K), as in
 * LVK_SUM.
 *
 * The gradient of w is dw = G^T [sum over tiles of (B^T d B) * (A dy A^T)] G. In one dimension
 *
 *     S0 = (|d0| + |d2|) |y0| + M,   S1 = M,   S2 = M + (|d1| + |d3|) |y1|,   M = (|d1| + |d2|) (|y0| + |y1|),
 *
 * and K = tiles + 8: 2 roundings in each of both transforms, the product's own, tiles - 1 in the sum, 4 in
 * the last transform. */
#ifndef TESTS_SUPPORT_WINOGRAD_SUMS_H
#define TESTS_SUPPORT_WINOGRAD_SUMS_H

#include "selftest/cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The operands of a convolution of x [N, height, width, channels] to y [N, out_h, out_w, outputs]. */
typedef struct winograd_operands {
    const lvk_real *x, *w, *bias, *residual; /* bias and residual are NULL where there is none */
    const lvk_type *x_type, *y_type;
    int64_t pad_top, pad_left;
    bool flip; /* w is [3, 3, outputs, channels], reversed along its first two axes */
} winograd_operands;

/* |d| of a pixel and channel; 0 outside of x. */
static inline double winograd_x(const winograd_operands *o, uint64_t n, int64_t y, int64_t x, uint64_t c) {
    const int64_t height = o->x_type->dim[1], width = o->x_type->dim[2];
    if (y < 0 || x < 0 || y >= height || x >= width)
        return 0;
    const uint64_t pixel = (n * (uint64_t)height + (uint64_t)y) * (uint64_t)width + (uint64_t)x;
    return fabs((double)o->x[pixel * o->x_type->dim[3] + c]);
}

static inline double winograd_w(const winograd_operands *o, uint64_t tap, uint64_t c, uint64_t k) {
    const uint64_t channels = o->x_type->dim[3], outputs = o->y_type->dim[3];
    return fabs((double)(o->flip ? o->w[((8 - tap) * outputs + k) * channels + c]
                                 : o->w[(tap * channels + c) * outputs + k]));
}

/* One channel's part of S. */
static inline double winograd_part(const winograd_operands *o, uint64_t n, uint32_t oy, uint32_t ox,
                                   uint64_t c, uint64_t k) {
    const uint32_t down = oy % 2, right = ox % 2; /* the place of the output in its tile */
    const int64_t top = (int64_t)(oy - down) - o->pad_top, left = (int64_t)(ox - right) - o->pad_left;
    double d[2][4] = {{0}}, g[2][3]; /* the factors of both summands by rows */
    for (uint32_t j = 0; j < 4; ++j) {
        double column[4];
        for (uint32_t i = 0; i < 4; ++i)
            column[i] = winograd_x(o, n, top + i, left + j, c);
        d[0][j] = column[down] + column[down + 2];
        d[1][j] = column[1] + column[2];
    }
    for (uint32_t j = 0; j < 3; ++j) {
        g[0][j] = winograd_w(o, 6 * down + j, c, k);
        g[1][j] = winograd_w(o, j, c, k) + winograd_w(o, 3 + j, c, k) + winograd_w(o, 6 + j, c, k);
    }
    double sum = 0;
    for (int i = 0; i < 2; ++i) /* the same along each row */
        sum += g[i][2 * right] * (d[i][right] + d[i][right + 2]) +
               (g[i][0] + g[i][1] + g[i][2]) * (d[i][1] + d[i][2]);
    return sum;
}

static inline double winograd_sums(const winograd_operands *o, float *sums) {
    const uint32_t *yd = o->y_type->dim;
    uint64_t element = 0;
    for (uint64_t n = 0; n < yd[0]; ++n)
        for (uint32_t oy = 0; oy < yd[1]; ++oy)
            for (uint32_t ox = 0; ox < yd[2]; ++ox)
                for (uint64_t k = 0; k < yd[3]; ++k, ++element) {
                    double sum = (o->bias ? fabs((double)o->bias[k]) : 0) +
                                 (o->residual ? fabs((double)o->residual[element]) : 0);
                    for (uint64_t c = 0; c < o->x_type->dim[3]; ++c)
                        sum += winograd_part(o, n, oy, ox, c, k);
                    sums[element] = (float)sum;
                }
    return o->x_type->dim[3] + 12.0;
}

/* own_sums of conv2d, conv2d_relu and conv2d_add_relu. ReLU never increases the difference of two numbers. */
static inline double winograd_own_sums(const lvk_case_run *run, const char *candidate, float *sums) {
    const lvk_call *call = run->call;
    const lvk_conv2d_attributes *conv = call->attributes;
    const winograd_operands operands = {.x = run->inputs[0],
                                        .w = run->inputs[1],
                                        .bias = call->input_count > 2 ? run->inputs[2] : NULL,
                                        .residual = call->input_count > 3 ? run->inputs[3] : NULL,
                                        .x_type = &call->inputs[0],
                                        .y_type = &call->outputs[0],
                                        .pad_top = conv->pad_top,
                                        .pad_left = conv->pad_left};
    return strcmp(candidate, "winograd") == 0 ? winograd_sums(&operands, sums) : 0;
}

/* ---- the gradient of w ---- */

/* The sums of |numbers| [height, width, channels] from (top, left) on that the summands of S have for one channel: along each
 * dimension those at {0, 2}, {1, 2} and {1, 3}, or with `outputs` at {0}, {0, 1} and {1}. */
static inline void winograd_sets(const lvk_real *numbers, const lvk_type *type, uint64_t n, int64_t top,
                                 int64_t left, uint64_t c, bool outputs, double sets[3][3]) {
    static const uint32_t of_x[3] = {5, 6, 10}, of_y[3] = {1, 3, 2};
    const uint32_t *members = outputs ? of_y : of_x;
    const winograd_operands image = {.x = numbers, .x_type = type};
    for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b) {
            sets[a][b] = 0;
            for (int i = 0; i < 4; ++i)
                for (int j = 0; j < 4; ++j)
                    if ((members[a] >> i & 1) && (members[b] >> j & 1))
                        sets[a][b] += winograd_x(&image, n, top + i, left + j, c);
        }
}

/* Adds a tile's part of S to the nine sums of each pair of channels. */
static inline void winograd_weight_tile(const lvk_call *call, double (*x)[3][3], double (*y)[3][3],
                                        float *sums) {
    static const int first[3] = {0, 1, 1}, last[3] = {1, 1, 2}; /* the summands of S0, S1 and S2; M is 1 */
    const uint64_t inputs = call->outputs[0].dim[2], outputs = call->outputs[0].dim[3];
    for (uint64_t c = 0; c < inputs; ++c)
        for (uint64_t k = 0; k < outputs; ++k)
            for (int r = 0; r < 3; ++r)
                for (int s = 0; s < 3; ++s) {
                    double sum = 0;
                    for (int a = first[r]; a <= last[r]; ++a)
                        for (int b = first[s]; b <= last[s]; ++b)
                            sum += x[c][a][b] * y[k][a][b];
                    sums[((uint64_t)(3 * r + s) * inputs + c) * outputs + k] += (float)sum;
                }
}

/* own_sums of conv2d_grad_weight. */
static inline double winograd_weight_own_sums(const lvk_case_run *run, const char *candidate, float *sums) {
    const lvk_call *call = run->call;
    const lvk_conv2d_grad_weight_attributes *a = call->attributes;
    const uint32_t *x = call->inputs[0].dim, *y = call->inputs[1].dim;
    double(*of_x)[3][3] = calloc(x[3], sizeof *of_x), (*of_y)[3][3] = calloc(y[3], sizeof *of_y);
    if (strcmp(candidate, "winograd") != 0 || !of_x || !of_y) {
        free(of_x);
        free(of_y);
        return 0;
    }
    memset(sums, 0, lvk_type_size(&call->outputs[0]));
    for (uint64_t n = 0; n < y[0]; ++n)
        for (int64_t i = 0; i < y[1]; i += 2)
            for (int64_t j = 0; j < y[2]; j += 2) {
                for (uint64_t c = 0; c < x[3]; ++c)
                    winograd_sets(run->inputs[0], &call->inputs[0], n, i - a->conv.pad_top,
                                  j - a->conv.pad_left, c, false, of_x[c]);
                for (uint64_t k = 0; k < y[3]; ++k)
                    winograd_sets(run->inputs[1], &call->inputs[1], n, i, j, k, true, of_y[k]);
                winograd_weight_tile(call, of_x, of_y, sums);
            }
    free(of_x);
    free(of_y);
    const uint64_t tiles = (uint64_t)y[0] * ((y[1] + 1) / 2) * ((y[2] + 1) / 2);
    return (double)tiles + 8;
}

#endif
