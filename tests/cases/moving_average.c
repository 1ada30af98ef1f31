#include "ops/moving_average.h"
#include "selftest/cases.h"

#include <float.h>
#include <math.h>

static const lvk_moving_average_attributes keras = {0.99F, 1}, unbiased = {0.99F, 60.0F / 59}, first = {0, 1},
                                           kept = {1, 1};

/* Half an ulp each of two products, the rounded gain, the sum, and the reference. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const lvk_moving_average_attributes *attributes = run->call->attributes;
    const double decay = (double)attributes->decay;
    const double old = fabs(decay * (double)((const float *)run->inputs[0])[element]);
    const double batch =
        fabs((1 - decay) * (double)attributes->scale * (double)((const float *)run->inputs[1])[element]);
    const double result = fabs((double)((const float *)run->outputs[output])[element]);
    return 1.001 * (double)FLT_EPSILON * (0.5 * old + batch + result) + 3 * (double)FLT_MIN;
}

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &keras,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "three",
     .attributes = &unbiased,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}},
     .outputs = {{LVK_F32, 1, {3}}}},
    {.name = "the batch alone",
     .attributes = &first,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}},
     .outputs = {{LVK_F32, 1, {41}}}},
    {.name = "unchanged",
     .attributes = &kept,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}},
     .outputs = {{LVK_F32, 1, {41}}}},
    {.name = "whole groups",
     .attributes = &keras,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {512}}, {LVK_F32, 1, {512}}},
     .outputs = {{LVK_F32, 1, {512}}}},
    {.name = "matrix",
     .attributes = &unbiased,
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {7, 33}}, {LVK_F32, 2, {7, 33}}},
     .outputs = {{LVK_F32, 2, {7, 33}}}},
    {.name = "several groups",
     .attributes = &keras,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {70003}}, {LVK_F32, 1, {70003}}},
     .outputs = {{LVK_F32, 1, {70003}}}},
};

const lvk_case_table lvk_cases_moving_average = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
};
