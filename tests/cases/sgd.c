#include <float.h>
#include <math.h>

#include "selftest/cases.h"

static const float hyper[8] = {0.01F, 0.9F};

/* v has one rounding each of two products and their difference, and the reference's own. w has the error of v, the rounding of an
 * addition, and the reference's own. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const double g = (double)((const float *)run->inputs[1])[element],
                 v = (double)((const float *)run->inputs[2])[element];
    const double terms = fabs((double)hyper[1] * v) + fabs((double)hyper[0] * g);
    const double velocity_error = 2 * (double)FLT_EPSILON * terms + (double)FLT_MIN;
    return output == 1 ? velocity_error
                       : velocity_error +
                             (double)FLT_EPSILON * fabs((double)((const float *)run->outputs[0])[element]);
}

static const lvk_case cases[] = {
    {.name = "one",
     .input_count = 4,
     .inputs = {{LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .fill = {[3] = LVK_FILL_LISTED},
     .listed = {[3] = hyper}},
    {.name = "three",
     .input_count = 4,
     .inputs = {{LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}},
     .fill = {[3] = LVK_FILL_LISTED},
     .listed = {[3] = hyper}},
    {.name = "golden",
     .input_count = 4,
     .inputs = {{LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}},
     .fill = {[3] = LVK_FILL_LISTED},
     .listed = {[3] = hyper}},
    {.name = "whole groups",
     .input_count = 4,
     .inputs = {{LVK_F32, 1, {512}}, {LVK_F32, 1, {512}}, {LVK_F32, 1, {512}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {512}}, {LVK_F32, 1, {512}}},
     .fill = {[3] = LVK_FILL_LISTED},
     .listed = {[3] = hyper}},
    {.name = "several",
     .input_count = 4,
     .inputs = {{LVK_F32, 1, {70003}}, {LVK_F32, 1, {70003}}, {LVK_F32, 1, {70003}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {70003}}, {LVK_F32, 1, {70003}}},
     .fill = {[3] = LVK_FILL_LISTED},
     .listed = {[3] = hyper}},
};

const lvk_case_table lvk_cases_sgd = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND, LVK_BOUND},
    .bound = bound,
};
