#include <float.h>
#include <math.h>

#include "selftest/cases.h"

/* alpha of steps 1, 7 and 1000 at learning rate 0.001, 1 - beta1, 1 - beta2, epsilon */
static const float adam1[8] = {3.1622777e-4F, 0.1F, 0.001F, 1e-7F};
static const float adam7[8] = {1.6006e-4F, 0.1F, 0.001F, 1e-7F};
static const float adam1000[8] = {7.9511e-4F, 0.1F, 0.001F, 1e-7F};
static const float zeros[41] = {0};
static const float tiny[8] = {1.5e-7F, -2.3e-8F, 0, 1e-12F, -1e-18F, 1e-20F, 1e-25F, 1e-37F};

static double at(const void *const *operands, int operand, uint64_t element) {
    return (double)((const float *)operands[operand])[element];
}

/* m and v have one rounding each of a difference, the products and a sum, and the reference's own. The step alpha m /
 * (sqrt(v) + epsilon) has the relative error of m and half of that of v, which the root halves; the 4.5 ulp of Vulkan's root
 * (1 / inversesqrt) and the 2.5 of its division; and a rounding for each product and sum. A v below the normal range may become
 * zero. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const double eps = (double)FLT_EPSILON, least = (double)FLT_MIN;
    const float *hyper = run->inputs[4];
    const double alpha = (double)hyper[0], rate1 = (double)hyper[1], rate2 = (double)hyper[2],
                 epsilon = (double)hyper[3];
    const double w = at(run->inputs, 0, element), g = at(run->inputs, 1, element);
    const double m = at(run->inputs, 2, element), v = at(run->inputs, 3, element);
    const double new_w = at(run->outputs, 0, element);
    const double new_m = at(run->outputs, 1, element), new_v = at(run->outputs, 2, element);
    const double m_error = eps * (fabs(g - m) * rate1 + fabs(new_m)) + least;
    const double v_error = eps * (1.5 * rate2 * (g * g + v) + new_v) + least;
    if (output > 0)
        return output == 1 ? m_error : v_error;
    const double root = sqrt(new_v), divisor = root + epsilon;
    /* |sqrt(v + d) - sqrt(v)| is at most sqrt(d), and d / sqrt(v) where that is less */
    const double moved = fmin(sqrt(v_error), root > 0 ? v_error / root : INFINITY);
    const double divisor_error = moved + 4.5 * eps * root + 0.5 * eps * divisor;
    const double step = alpha * fabs(new_m) / divisor;
    const double step_error = alpha * m_error / divisor + step * (divisor_error / divisor + 3 * eps);
    return step_error + eps * (fabs(w) + fabs(new_w)) + least;
}

static const lvk_case cases[] = {
    {.name = "one",
     .input_count = 5,
     .inputs =
         {{LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .fill = {[3] = LVK_FILL_POSITIVE, [4] = LVK_FILL_LISTED},
     .listed = {[4] = adam7}},
    {.name = "three",
     .input_count = 5,
     .inputs =
         {{LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}},
     .fill = {[3] = LVK_FILL_POSITIVE, [4] = LVK_FILL_LISTED},
     .listed = {[4] = adam7}},
    {.name = "golden",
     .input_count = 5,
     .inputs =
         {{LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}},
     .fill = {[3] = LVK_FILL_POSITIVE, [4] = LVK_FILL_LISTED},
     .listed = {[4] = adam1000}},
    {.name = "whole groups",
     .input_count = 5,
     .inputs = {{LVK_F32, 1, {512}},
                {LVK_F32, 1, {512}},
                {LVK_F32, 1, {512}},
                {LVK_F32, 1, {512}},
                {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {512}}, {LVK_F32, 1, {512}}, {LVK_F32, 1, {512}}},
     .fill = {[3] = LVK_FILL_POSITIVE, [4] = LVK_FILL_LISTED},
     .listed = {[4] = adam7}},
    {.name = "several",
     .input_count = 5,
     .inputs = {{LVK_F32, 1, {70003}},
                {LVK_F32, 1, {70003}},
                {LVK_F32, 1, {70003}},
                {LVK_F32, 1, {70003}},
                {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {70003}}, {LVK_F32, 1, {70003}}, {LVK_F32, 1, {70003}}},
     .fill = {[3] = LVK_FILL_POSITIVE, [4] = LVK_FILL_LISTED},
     .listed = {[4] = adam1000}},
    {.name = "first step",
     .input_count = 5,
     .inputs =
         {{LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}},
     .fill = {[2] = LVK_FILL_LISTED, [3] = LVK_FILL_LISTED, [4] = LVK_FILL_LISTED},
     .listed = {[2] = zeros, [3] = zeros, [4] = adam1}},
    {.name = "first step, tiny gradients",
     .input_count = 5,
     .inputs =
         {{LVK_F32, 1, {8}}, {LVK_F32, 1, {8}}, {LVK_F32, 1, {8}}, {LVK_F32, 1, {8}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {8}}, {LVK_F32, 1, {8}}, {LVK_F32, 1, {8}}},
     .fill = {[1] = LVK_FILL_LISTED, [2] = LVK_FILL_LISTED, [3] = LVK_FILL_LISTED, [4] = LVK_FILL_LISTED},
     .listed = {[1] = tiny, [2] = zeros, [3] = zeros, [4] = adam1}},
};

const lvk_case_table lvk_cases_adam = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND, LVK_BOUND, LVK_BOUND},
    .bound = bound,
};
