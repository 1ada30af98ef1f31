#include "selftest/cases.h"

static const lvk_case cases[] = {
    {.name = "one",
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "odd",
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 5, 7, 3}}, {LVK_F32, 4, {3, 5, 7, 3}}},
     .outputs = {{LVK_F32, 4, {3, 5, 7, 3}}}},
    {.name = "a vector and a bit",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {1, 65}}, {LVK_F32, 2, {1, 65}}},
     .outputs = {{LVK_F32, 2, {1, 65}}}},
    {.name = "whole groups",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {4, 256}}, {LVK_F32, 2, {4, 256}}},
     .outputs = {{LVK_F32, 2, {4, 256}}}},
    {.name = "zeros",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {9, 33}}, {LVK_F32, 2, {9, 33}}},
     .outputs = {{LVK_F32, 2, {9, 33}}},
     .fill = {LVK_FILL_UNIFORM, LVK_FILL_SMALL_INT}},
    {.name = "more than 65,535 groups",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {17, 1000003}}, {LVK_F32, 2, {17, 1000003}}},
     .outputs = {{LVK_F32, 2, {17, 1000003}}},
     .large = true,
     .many_groups = true},
};

const lvk_case_table lvk_cases_relu_grad = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_EXACT},
};
