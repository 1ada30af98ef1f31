/* How close candidates called winograd must come to the reference (lvk_case_table.own_sums).
 *
 * They compute Y = A^T [sum over c of (G g G^T) * (B^T d B)] A with * element by element, where g is 3x3
 * numbers of w, d 4x4 of x, Y 2x2 of y, and in one dimension
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
 * That is more than the direct sum's S, since what cancels in exact arithmetic counts here. In one dimension
 * outputs 0 and 1 have
 *
 *     S0 = |g0| (|d0| + |d2|) + (|g0| + |g1| + |g2|) (|d1| + |d2|),
 *     S1 = |g2| (|d1| + |d3|) + (|g0| + |g1| + |g2|) (|d1| + |d2|),
 *
 * the second summand twice the half of rows 1 and 2, which have the same absolute values. In two dimensions
 * it is the tensor product of both: four summands.
 *
 * K. A product passes through at most 4 roundings in G g G^T (two sums a dimension; halves are exact), 2 in
 * B^T d B, its own, C - 1 in the sum over C channels, 4 in A^T m A, and one each for bias and residual: K = C
 * + 12. They are as good as independent of each other, so that sqrt(K) of them count, as in LVK_SUM. */
#ifndef TESTS_SUPPORT_WINOGRAD_SUMS_H
#define TESTS_SUPPORT_WINOGRAD_SUMS_H

#include "selftest/cases.h"

#include <math.h>
#include <string.h>

/* x [N, height, width, channels] to y [N, out_h, out_w, outputs]. */
typedef struct winograd_operands {
    const lvk_real *x, *w, *bias, *residual; /* bias, residual: NULL where there is none */
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
    const uint32_t down = oy % 2, right = ox % 2; /* which of the tile's outputs */
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

/* own_sums of conv2d, conv2d_relu and conv2d_add_relu; ReLU moves two numbers no further apart. */
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

#endif
