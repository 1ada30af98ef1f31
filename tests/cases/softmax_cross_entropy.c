#include "selftest/cases.h"

#include <float.h>
#include <math.h>

static const float far_out[24] = {1000, -1000, 0,     0, 88,   88, 88, 88, -200, -199.5F, -201, -1e4F,
                                  3e4F, 3e4F,  -3e4F, 1, 0.5F, 5,  16, 40, 0,    -16,     -40,  -88};
static const float labels[12] = {0, 0.25F, 3, 1.5F, 1, 0.75F, 2, 0.125F, 0, 1, 3, 2};

/* exp(d) has 3 + 2|d| ulps and half of d's own, the sum of the others 2 sqrt(K). Its logarithm changes by
 * that over 1 + others; log1p's series has 5 ulps, log() 3, and half an ulp of its argument. Gap, sum and
 * product half an ulp each; then the sum of the rows. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const float *z = run->inputs[0], *label = run->inputs[1];
    const uint32_t rows = run->call->inputs[0].dim[0], classes = run->call->inputs[0].dim[1];
    const double eps = (double)FLT_EPSILON, least = (classes + 2) * (double)FLT_MIN;
    double error = 0, size = 0;
    for (uint32_t n = 0; n < rows; ++n, z += classes) {
        const double target = (double)label[2 * n], weight = fabs((double)label[2 * n + 1]);
        double largest = (double)z[0], all = 0, all_error = 0, gap = 0;
        for (uint32_t k = 1; k < classes; ++k)
            largest = fmax(largest, (double)z[k]);
        for (uint32_t k = 0; k < classes; ++k) {
            const double below = largest - (double)z[k], e = exp(-below);
            all += e;
            all_error += e * (3 + 2.5 * below) * eps;
            gap = k == target ? below : gap;
        }
        const double log_error = (all_error + 2 * sqrt(classes) * eps * (all - 1)) / all +
                                 5 * eps * log(all) + (all > 1.5 ? 0.5 * eps : 0) + least;
        error += weight * (log_error + 0.5 * eps * gap + eps * (log(all) + gap));
        size += weight * (log(all) + gap);
    }
    (void)element;
    return 1.001 * (error + 2 * sqrt(rows) * eps * size) +
           0.5 * eps * fabs((double)((const float *)run->outputs[output])[0]) + rows * (double)FLT_MIN;
}

static const lvk_case cases[] = {
    {.name = "one class",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {3, 1}}, {LVK_F32, 2, {3, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 1},
    {.name = "two",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {2, 2}}, {LVK_F32, 2, {2, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 2},
    {.name = "golden",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {5, 6}}, {LVK_F32, 2, {5, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 6},
    {.name = "far out",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {6, 4}}, {LVK_F32, 2, {6, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_LISTED, LVK_FILL_LISTED},
     .listed = {far_out, labels}},
    {.name = "a batch",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {32, 5}}, {LVK_F32, 2, {32, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 5},
    {.name = "1000 classes",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {3, 1000}}, {LVK_F32, 2, {3, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 1000},
    {.name = "several groups",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {3001, 3}}, {LVK_F32, 2, {3001, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 3},
    {.name = "more rows than partial sums",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {40001, 2}}, {LVK_F32, 2, {40001, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 2,
     .large = true},
};

const lvk_case_table lvk_cases_softmax_cross_entropy = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
    .differentiable = 1,
};
