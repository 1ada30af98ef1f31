#include <float.h>
#include <math.h>

#include "selftest/cases.h"

static const float hyper[8] = {1.6006e-4F, 0.1F, 0.001F, 1e-7F, 4e-3F};
static const float none[8] = {1.6006e-4F, 0.1F, 0.001F, 1e-7F};

/* One rounding of the product, one of the difference, and the reference's own. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    (void)output;
    const double w = (double)((const float *)run->inputs[0])[element];
    return (double)FLT_EPSILON * fabs(w) * 1.5 + (double)FLT_MIN;
}

static const lvk_case cases[] = {
    {.name = "one",
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {1}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {[1] = LVK_FILL_LISTED},
     .listed = {[1] = hyper}},
    {.name = "kernel",
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 3, 5, 7}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 4, {3, 3, 5, 7}}},
     .fill = {[1] = LVK_FILL_LISTED},
     .listed = {[1] = hyper}},
    {.name = "matrix, no decay",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {130, 33}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 2, {130, 33}}},
     .fill = {[1] = LVK_FILL_LISTED},
     .listed = {[1] = none}},
    {.name = "several groups",
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {70003}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {70003}}},
     .fill = {[1] = LVK_FILL_LISTED},
     .listed = {[1] = hyper}},
};

const lvk_case_table lvk_cases_weight_decay = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
};
