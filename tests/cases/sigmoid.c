#include <float.h>
#include <math.h>

#include "selftest/cases.h"

static const float far[18] = {0,  1e-30F, -1e-30F, 0.3F, -1.7F, 5,   -5,  16,   -16,
                              40, -40,    87,      -87,  89,    -89, 100, -100, -1000};

/* y = 1 / (1 + e) or e / (1 + e), e = exp(-|x|). Vulkan: exp 3 + 2|x| ulp, division 2.5, addition 0.5; the
 * reference is rounded once. An error of e changes y by 1 - y of it, relatively. A denormal e may become
 * zero. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const double x = (double)((const float *)run->inputs[0])[element];
    const double y = (double)((const float *)run->outputs[output])[element];
    return ((3 + 2 * fabs(x)) * (1 - y) + 3.5) * (double)FLT_EPSILON * y + (double)FLT_MIN;
}

static const lvk_case cases[] = {
    {.name = "one", .input_count = 1, .inputs = {{LVK_F32, 1, {1}}}, .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "odd",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 5, 7, 3}}},
     .outputs = {{LVK_F32, 4, {3, 5, 7, 3}}}},
    {.name = "a vector and a bit",
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {1, 65}}},
     .outputs = {{LVK_F32, 2, {1, 65}}}},
    {.name = "whole groups",
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {4, 256}}},
     .outputs = {{LVK_F32, 2, {4, 256}}}},
    {.name = "far out",
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {18, 1}}},
     .outputs = {{LVK_F32, 2, {18, 1}}},
     .fill = {LVK_FILL_LISTED},
     .listed = {far}},
};

const lvk_case_table lvk_cases_sigmoid = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
    .differentiable = 1,
};
