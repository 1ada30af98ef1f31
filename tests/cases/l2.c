#include "ops/l2.h"
#include "selftest/cases.h"

static const lvk_l2_attributes lambda = {0.01F};

static double terms(const lvk_call *call) {
    return (double)lvk_type_count(&call->inputs[0]);
}

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &lambda,
     .input_count = 1,
     .inputs = {{LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "three",
     .attributes = &lambda,
     .input_count = 1,
     .inputs = {{LVK_F32, 1, {3}}},
     .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "a dense kernel",
     .attributes = &lambda,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {33, 5}}},
     .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "a convolution",
     .attributes = &lambda,
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 3, 5, 7}}},
     .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "two passes",
     .attributes = &lambda,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {40, 101}}},
     .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "three passes",
     .attributes = &lambda,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {1009, 2801}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .large = true},
    {.name = "whole vectors",
     .attributes = &lambda,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {43264, 64}}},
     .outputs = {{LVK_F32, 1, {1}}},
     .large = true},
};

const lvk_case_table lvk_cases_l2 = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .scaled = true,
    .tolerance = {LVK_SUM},
    .terms = terms,
    .differentiable = 1,
};
