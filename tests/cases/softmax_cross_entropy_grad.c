#include "selftest/cases.h"

#include <float.h>
#include <math.h>

static const float far_out[24] = {1000, -1000, 0,     0, 88,   88, 88, 88, -200, -199.5F, -201, -1e4F,
                                  3e4F, 3e4F,  -3e4F, 1, 0.5F, 5,  16, 40, 0,    -16,     -40,  -88};
static const float labels[12] = {0, 0.25F, 3, 1.5F, 1, 0.75F, 2, 0.125F, 0, 1, 3, 2};

/* exp(d) has 3 + 2|d| ulps and half of d's own, sums 2 sqrt(K); the quotient has both errors and 2.5 ulps,
 * then two products and the reference half an ulp each. A thousandth is added for products of errors. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const uint32_t classes = run->call->inputs[0].dim[1];
    const uint64_t n = element / classes, at = element % classes;
    const float *z = (const float *)run->inputs[0] + n * classes,
                *label = (const float *)run->inputs[1] + 2 * n;
    const double slope = fabs((double)label[1] * (double)*(const float *)run->inputs[2]);
    const double eps = (double)FLT_EPSILON, sum = 2 * sqrt(classes) * eps, least = classes * (double)FLT_MIN;
    double largest = (double)z[0], all = 0, all_error = 0, part = 0, part_error = 0;
    for (uint32_t k = 1; k < classes; ++k)
        largest = fmax(largest, (double)z[k]);
    for (uint32_t k = 0; k < classes; ++k) {
        const double below = largest - (double)z[k], e = exp(-below), error = e * (3 + 2.5 * below) * eps;
        const bool counts = (double)at == (double)label[0] ? k != at : k == at;
        all += e;
        all_error += error;
        part += counts ? e : 0;
        part_error += counts ? error : 0;
    }
    const double quotient = part / all;
    const double error = (part_error + sum * part + least + quotient * (all_error + sum * all + least)) / all;
    (void)output;
    return 1.001 * slope * (error + 4 * eps * quotient + (double)FLT_MIN) + 2 * (double)FLT_MIN;
}

static const lvk_case cases[] = {
    {.name = "one class",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {3, 1}}, {LVK_F32, 2, {3, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {3, 1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 1},
    {.name = "two",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {2, 2}}, {LVK_F32, 2, {2, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {2, 2}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 2},
    {.name = "golden",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {5, 6}}, {LVK_F32, 2, {5, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {5, 6}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 6},
    {.name = "far out",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {6, 4}}, {LVK_F32, 2, {6, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {6, 4}}},
     .fill = {LVK_FILL_LISTED, LVK_FILL_LISTED},
     .listed = {far_out, labels}},
    {.name = "a batch",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {32, 5}}, {LVK_F32, 2, {32, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {32, 5}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 5},
    {.name = "1000 classes",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {3, 1000}}, {LVK_F32, 2, {3, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {3, 1000}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 1000},
    {.name = "several groups",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {3001, 3}}, {LVK_F32, 2, {3001, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {3001, 3}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_INDEX},
     .fill_limit = 3},
};

const lvk_case_table lvk_cases_softmax_cross_entropy_grad = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
};
