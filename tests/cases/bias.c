#include "selftest/cases.h"

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    (void)attributes;
    const uint32_t channels = 1 + words[0] % 70;
    *result = (lvk_case){
        .name = "drawn",
        .input_count = 2,
        .inputs = {lvk_type_4d(LVK_F32, 1 + words[1] % 3, 1 + words[2] % 9, 1 + words[3] % 9, channels),
                   lvk_type_1d(LVK_F32, channels)}};
}

static const lvk_case cases[] = {
    {.name = "one",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}}},
    {.name = "three channels",
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 5, 7, 3}}, {LVK_F32, 1, {3}}},
     .outputs = {{LVK_F32, 4, {2, 5, 7, 3}}}},
    {.name = "four",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {1, 4}}, {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 2, {1, 4}}}},
    {.name = "five",
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 3, 2, 5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {3, 3, 2, 5}}}},
    {.name = "31",
     .input_count = 2,
     .inputs = {{LVK_F32, 3, {2, 3, 31}}, {LVK_F32, 1, {31}}},
     .outputs = {{LVK_F32, 3, {2, 3, 31}}}},
    {.name = "32",
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 9, 11, 32}}, {LVK_F32, 1, {32}}},
     .outputs = {{LVK_F32, 4, {2, 9, 11, 32}}}},
    {.name = "33",
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 9, 5, 33}}, {LVK_F32, 1, {33}}},
     .outputs = {{LVK_F32, 4, {2, 9, 5, 33}}}},
    {.name = "64",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {32, 64}}, {LVK_F32, 1, {64}}},
     .outputs = {{LVK_F32, 2, {32, 64}}}},
    {.name = "more than 65,535 groups",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {17, 1000003}}, {LVK_F32, 1, {1000003}}},
     .outputs = {{LVK_F32, 2, {17, 1000003}}},
     .large = true,
     .many_groups = true},
    {.name = "more than 65,535 groups of vectors",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {4200001, 4}}, {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 2, {4200001, 4}}},
     .large = true,
     .many_groups = true},
};

const lvk_case_table lvk_cases_bias = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_EXACT}, /* one correctly rounded addition */
    .draw = draw,
    .differentiable = 3,
};
