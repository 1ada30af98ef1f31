/* Whole networks against the reference numbers: comparisons that the networks share. Failures fail the test.
 */
#ifndef TESTS_GOLDEN_SUMMARY_H
#define TESTS_GOLDEN_SUMMARY_H

#include "runtime/network.h"
#include "support/golden.h"

/* PyTorch's own two runs, which differ in nothing but the order of summation, are up to ten times apart in
 * the largest error of their losses (Adam: 7e-5 and 7e-6). */
#define GOLDEN_SLACK 10.0

/* The file's `tensors` into the network's parameters; they must be the same ones. */
void golden_write_parameters(lvk_network *network, const json_t *tensors);

/* One comparison. Returns error / allowed. */
double golden_near(const char *what, double got, double expected, double allowed);

/* A whole tensor against its summary in the file: the norm, and the samples together, each within `relative`
 * of its size; every sample alone within `relative` of the tensor's largest. Returns the worst error / bound.
 */
double golden_compare_summary(const char *name, const json_t *summary, const float *values, uint64_t count,
                              double relative);

/* sqrt(sum of squares). */
double golden_norm(const float *values, uint64_t count);

/* Losses or logits, in double and as PyTorch's runs in float32 had them. */
typedef struct golden_series {
    double *expected, *runs[2];
    uint64_t count;
} golden_series;

golden_series golden_load_series(const json_t *expected, const json_t *run, const json_t *other_run);
void golden_free_series(golden_series *series);

/* GOLDEN_SLACK times the largest error of PyTorch's runs up to that step, or `least`: a run may be close by
 * luck. */
double golden_allowed(const golden_series *series, uint64_t step, double least);

#endif
