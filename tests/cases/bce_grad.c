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

/* dloss weight difference / (1 + e): the difference of a and b, each with the error of e and two roundings;
 * then a division (2.5 ulp) by a sum that has the error of e too, and two multiplications. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    (void)output;
    const double z = (double)((const float *)run->inputs[0])[element];
    const double target = (double)((const float *)run->inputs[1])[2 * element];
    const double scale = fabs((double)((const float *)run->inputs[1])[2 * element + 1] *
                              (double)((const float *)run->inputs[2])[0]);
    const double e = exp(-fabs(z)), eps = (double)FLT_EPSILON;
    const double with_e = z < 0 ? e * (1 - target) : e * target, without_e = z < 0 ? target : 1 - target;
    const double difference_error = with_e * (exp_error(z) + eps) + eps * (with_e + without_e);
    const double quotient_error = fabs(with_e - without_e) * (exp_error(z) * e + 5 * eps);
    return scale * ((difference_error + quotient_error) / (1 + e) + 2 * (double)FLT_MIN) + (double)FLT_MIN;
}

static const lvk_case cases[] = {
    {.name = "one",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 2, {1, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE, LVK_FILL_POSITIVE}},
    {.name = "far out",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {28, 1}}, {LVK_F32, 2, {28, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {28, 1}}},
     .fill = {LVK_FILL_LISTED, LVK_FILL_LISTED},
     .listed = {logits, labels}},
    {.name = "hard labels",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {9, 1}}, {LVK_F32, 2, {9, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {9, 1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_BINARY}},
    {.name = "a batch",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {32, 1}}, {LVK_F32, 2, {32, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {32, 1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE}},
    {.name = "several groups",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {3001, 1}}, {LVK_F32, 2, {3001, 2}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {3001, 1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE}},
};

const lvk_case_table lvk_cases_bce_grad = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
};
