#include "ops/l2.h"
#include "selftest/cases.h"

static const lvk_l2_attributes lambda = {0.01F};

static double terms(const lvk_call *call) {
    (void)call;
    return 1; /* three roundings, with the reference's, are less than the four that 2 eps allows */
}

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &lambda,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "three",
     .attributes = &lambda,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {3}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 1, {3}}}},
    {.name = "a dense kernel",
     .attributes = &lambda,
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {33, 5}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {33, 5}}}},
    {.name = "a convolution",
     .attributes = &lambda,
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 3, 5, 7}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 4, {3, 3, 5, 7}}}},
};

const lvk_case_table lvk_cases_l2_grad = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .scaled = true,
    .tolerance = {LVK_SUM},
    .terms = terms,
};
