#include "selftest/cases.h"

static const lvk_case cases[] = {
    {.name = "one", .input_count = 1, .inputs = {{LVK_F32, 2, {1, 1}}}, .outputs = {{LVK_F32, 2, {1, 1}}}},
    {.name = "image",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 5, 7, 2}}},
     .outputs = {{LVK_F32, 2, {3, 70}}}},
    {.name = "three dimensions",
     .input_count = 1,
     .inputs = {{LVK_F32, 3, {2, 33, 4}}},
     .outputs = {{LVK_F32, 2, {2, 132}}}},
    {.name = "already flat",
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {5, 9}}},
     .outputs = {{LVK_F32, 2, {5, 9}}}},
};

const lvk_case_table lvk_cases_flatten = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_EXACT},
    .differentiable = 1,
};
