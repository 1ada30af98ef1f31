/* Error bounds that the batch norm operators share. By channel, over its M rows, with u = FLT_EPSILON, twice
 * the rounding of one operation, so that a kernel's and the reference's are both covered:
 *   - a sum of K terms: 2 sqrt(K) u S, S the sum of the terms' sizes (as everywhere, LVK_SUM);
 *   - gamma r, r = 1 / sqrt(variance + epsilon): Vulkan's root has 4.5 ulp, its division 2.5, and two
 * roundings. */
#ifndef TESTS_SUPPORT_BATCHNORM_CASES_H
#define TESTS_SUPPORT_BATCHNORM_CASES_H

#include <float.h>
#include <math.h>

#include "ops/batchnorm.h"
#include "selftest/cases.h"

static const double norm_unit = (double)FLT_EPSILON, norm_scale_error = 9 * (double)FLT_EPSILON;

typedef struct norm_channel {
    uint64_t channels, rows, channel;
    double epsilon;
} norm_channel;

static inline norm_channel norm_channel_of(const lvk_case_run *run, uint64_t element) {
    const lvk_type *x = &run->call->inputs[0];
    const uint64_t channels = x->dim[x->rank - 1];
    return (norm_channel){.channels = channels,
                          .rows = lvk_type_count(x) / channels,
                          .channel = element % channels,
                          .epsilon =
                              (double)((const lvk_batchnorm_attributes *)run->call->attributes)->epsilon};
}

static inline double norm_at(const void *values, uint64_t element) {
    return (double)((const float *)values)[element];
}

/* Of row `row` of the channel. */
static inline double norm_row(const norm_channel *c, const void *values, uint64_t row) {
    return norm_at(values, row * c->channels + c->channel);
}

/* sum over the rows of |a| |x - mean|; without a of |x - mean|. */
static inline double norm_size(const norm_channel *c, const void *a, const void *x, double mean) {
    double sum = 0;
    for (uint64_t r = 0; r < c->rows; ++r)
        sum += (a ? fabs(norm_row(c, a, r)) : 1) * fabs(norm_row(c, x, r) - mean);
    return sum;
}

static inline double norm_sum_error(double terms, double size) {
    return 2 * sqrt(terms) * norm_unit * size;
}

/* dgamma's error: a difference, a product, and the factor r besides the sum. */
static inline double norm_gamma_error(const norm_channel *c, const void *dy, const void *x, double mean,
                                      double variance) {
    const double size = norm_size(c, dy, x, mean) / sqrt(variance + c->epsilon);
    return norm_sum_error((double)c->rows + 3, size) + norm_scale_error * size + (double)FLT_MIN;
}

/* y = (x - mean) s + beta, when mean and s are off by so much. */
static inline double norm_apply_error(double distance, double scale, double beta, double mean_error,
                                      double scale_error) {
    return fabs(scale) * (mean_error + norm_unit * fabs(distance)) +
           (fabs(distance) + mean_error) * scale_error + norm_unit * (fabs(distance * scale) + fabs(beta)) +
           (double)FLT_MIN;
}

#endif
