#include <float.h>
#include <math.h>

#include "selftest/cases.h"

/* dy y (1 - y) has three roundings, and the reference one. A denormal product may become zero. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    return 2 * (double)FLT_EPSILON * fabs((double)((const float *)run->outputs[output])[element]) +
           (double)FLT_MIN;
}

static const lvk_case cases[] = {
    {.name = "one",
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE}},
    {.name = "odd",
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 5, 7, 3}}, {LVK_F32, 4, {3, 5, 7, 3}}},
     .outputs = {{LVK_F32, 4, {3, 5, 7, 3}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE}},
    {.name = "a vector and a bit",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {1, 65}}, {LVK_F32, 2, {1, 65}}},
     .outputs = {{LVK_F32, 2, {1, 65}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE}},
    {.name = "whole groups",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {4, 256}}, {LVK_F32, 2, {4, 256}}},
     .outputs = {{LVK_F32, 2, {4, 256}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_POSITIVE}},
};

const lvk_case_table lvk_cases_sigmoid_grad = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
};
