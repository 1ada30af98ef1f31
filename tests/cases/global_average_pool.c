#include "selftest/cases.h"

/* A sum of so many, and a division. */
static double terms(const lvk_call *call) {
    return (double)call->inputs[0].dim[1] * (double)call->inputs[0].dim[2] + 1;
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    (void)attributes;
    *result = (lvk_case){.name = "drawn",
                         .input_count = 1,
                         .inputs = {lvk_type_4d(LVK_F32, 1 + words[0] % 3, 1 + words[1] % 9, 1 + words[2] % 9,
                                                1 + words[3] % 70)}};
}

static const lvk_case cases[] = {
    {.name = "one pixel",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 1, 1, 5}}},
     .outputs = {{LVK_F32, 2, {2, 5}}}},
    {.name = "one channel",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 5, 7, 1}}},
     .outputs = {{LVK_F32, 2, {3, 1}}}},
    {.name = "three channels",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 3, 3, 3}}},
     .outputs = {{LVK_F32, 2, {2, 3}}}},
    {.name = "four",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {1, 2, 2, 4}}},
     .outputs = {{LVK_F32, 2, {1, 4}}}},
    {.name = "31",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 7, 7, 31}}},
     .outputs = {{LVK_F32, 2, {2, 31}}}},
    {.name = "narrow resnet",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {4, 2, 2, 256}}},
     .outputs = {{LVK_F32, 2, {4, 256}}}},
    {.name = "33",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 4, 9, 33}}},
     .outputs = {{LVK_F32, 2, {3, 33}}}},
    {.name = "resnet50",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 7, 7, 2048}}},
     .outputs = {{LVK_F32, 2, {2, 2048}}}},
    {.name = "more than 65,535 groups",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {4200, 1, 2, 4000}}},
     .outputs = {{LVK_F32, 2, {4200, 4000}}},
     .large = true},
};

const lvk_case_table lvk_cases_global_average_pool = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_SUM},
    .terms = terms,
    .draw = draw,
    .differentiable = 1,
};
