#include <float.h>
#include <math.h>

#include "selftest/cases.h"

static const float logits[28] = {0,    0.3F,  -1.7F, 5,  -5, 16,  -16, 40,  -40, 88,  -88, 100,  -100, 0,
                                 0.3F, -1.7F, 5,     -5, 16, -16, 40,  -40, 88,  -88, 100, -100, 0.7F, -30};
/* target, weight */
static const float labels[56] = {
    1, 0.03125F, 1, 1.6875F,  1, 0.71875F, 1, 0.03125F, 1, 1.6875F,  1,    0.71875F, 1,    0.03125F,
    1, 1.6875F,  1, 0.71875F, 1, 0.03125F, 1, 1.6875F,  1, 0.71875F, 1,    0.03125F, 0,    1.6875F,
    0, 0.71875F, 0, 0.03125F, 0, 1.6875F,  0, 0.71875F, 0, 0.03125F, 0,    1.6875F,  0,    0.71875F,
    0, 0.03125F, 0, 1.6875F,  0, 0.71875F, 0, 0.03125F, 0, 1.6875F,  0.9F, 0.71875F, 0.1F, 0.03125F};

/* Vulkan: exp is good to 3 + 2|z| ulp. */
static double exp_error(double z) {
    return (3 + 2 * fabs(z)) * (double)FLT_EPSILON;
}

/* log1p from e = exp(-|z|) changes relatively at most as much as e; its own arithmetic is a division (2.5
 * ulp), an addition and a series whose first term dominates (4 ulp). The rest are single roundings. The rows
 * are then summed: 2 sqrt(K) eps. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const float *z = run->inputs[0], *label = run->inputs[1];
    const uint32_t rows = run->call->inputs[0].dim[0];
    double error = 0, sum = 0;
    for (uint32_t n = 0; n < rows; ++n) {
        const double logit = (double)z[n], target = (double)label[2 * n],
                     weight = fabs((double)label[2 * n + 1]);
        const double linear = fmax(logit, 0), product = fabs(logit * target), log = log1p(exp(-fabs(logit)));
        error += weight * (log * (exp_error(logit) + 7 * (double)FLT_EPSILON) +
                           (double)FLT_EPSILON * (linear + product + log) + (double)FLT_MIN);
        sum += weight * (linear + product + log);
    }
    (void)element;
    return error + 2 * sqrt(rows) * (double)FLT_EPSILON * sum +
           (double)FLT_EPSILON * fabs((double)((const float *)run->outputs[output])[0]) +
           rows * (double)FLT_MIN;
}

static const lvk_case cases[] = {
    {.name = "one",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 2, {1, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE}},
    {.name = "far out",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {28, 1}}, {LVK_F32, 2, {28, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_LISTED, LVK_FILL_LISTED},
     .listed = {logits, labels}},
    {.name = "hard labels",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {9, 1}}, {LVK_F32, 2, {9, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_BINARY}},
    {.name = "a batch",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {32, 1}}, {LVK_F32, 2, {32, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE}},
    {.name = "two passes",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {3001, 1}}, {LVK_F32, 2, {3001, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE}},
    {.name = "more rows than partial sums",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {40001, 1}}, {LVK_F32, 2, {40001, 2}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE},
     .large = true},
};

const lvk_case_table lvk_cases_bce = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
    .differentiable = 1,
};
