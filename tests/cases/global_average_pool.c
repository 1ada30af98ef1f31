#include "selftest/cases.h"

static double terms(const lvk_call *call) {
    return (double)call->inputs[0].dim[1] * (double)call->inputs[0].dim[2];
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    (void)attributes;
    *result = (lvk_case){.name = "drawn",
                         .input_count = 1,
                         .inputs = {lvk_type_4d(LVK_F32, 1 + words[0] % 3, 1 + words[1] % 9, 1 + words[2] % 9,
                                                1 + words[3] % 70)}};
}

static const lvk_case cases[] = {
    {.name = "one",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {1, 1, 1, 1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}}},
    {.name = "one pixel",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 1, 1, 5}}},
     .outputs = {{LVK_F32, 2, {2, 5}}}},
    {.name = "three channels",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 5, 7, 3}}},
     .outputs = {{LVK_F32, 2, {2, 3}}}},
    {.name = "four",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {1, 3, 2, 4}}},
     .outputs = {{LVK_F32, 2, {1, 4}}}},
    {.name = "golden",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 5, 4, 7}}},
     .outputs = {{LVK_F32, 2, {3, 7}}}},
    {.name = "31",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 3, 3, 31}}},
     .outputs = {{LVK_F32, 2, {2, 31}}}},
    {.name = "32",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 5, 6, 32}}},
     .outputs = {{LVK_F32, 2, {3, 32}}}},
    {.name = "33",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 2, 5, 33}}},
     .outputs = {{LVK_F32, 2, {2, 33}}}},
    {.name = "ResNet50's last",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 7, 7, 2048}}},
     .outputs = {{LVK_F32, 2, {3, 2048}}}},
    {.name = "many pixels",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 61, 67, 4}}},
     .outputs = {{LVK_F32, 2, {2, 4}}}},
    {.name = "more than 65,535 groups",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {17, 1, 1, 1000003}}},
     .outputs = {{LVK_F32, 2, {17, 1000003}}},
     .large = true,
     .many_groups = true},
};

const lvk_case_table lvk_cases_global_average_pool = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .scaled = true,
    .tolerance = {LVK_SUM}, /* the factor's rounding and the product's are less than the sum's allowance of 2
                               sqrt(K) eps */
    .terms = terms,
    .draw = draw,
    .differentiable = 1,
};
