#include "ops/unflatten.h"
#include "selftest/cases.h"

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &(const lvk_unflatten_attributes){1, {1}},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {1, 1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}}},
    {.name = "image",
     .attributes = &(const lvk_unflatten_attributes){3, {5, 7, 2}},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {3, 70}}},
     .outputs = {{LVK_F32, 4, {3, 5, 7, 2}}}},
    {.name = "three dimensions",
     .attributes = &(const lvk_unflatten_attributes){2, {33, 4}},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 132}}},
     .outputs = {{LVK_F32, 3, {2, 33, 4}}}},
};

const lvk_case_table lvk_cases_unflatten = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_EXACT},
    .differentiable = 1,
};
