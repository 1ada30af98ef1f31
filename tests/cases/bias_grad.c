#include "selftest/cases.h"

static double terms(const lvk_call *call) {
    return (double)(lvk_type_count(&call->inputs[0]) / call->outputs[0].dim[0]);
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    (void)attributes;
    const uint32_t channels = 1 + words[0] % 70;
    *result = (lvk_case){
        .name = "drawn",
        .input_count = 1,
        .inputs = {lvk_type_4d(LVK_F32, 1 + words[1] % 3, 1 + words[2] % 9, 1 + words[3] % 9, channels)}};
}

static const lvk_case cases[] = {
    {.name = "one", .input_count = 1, .inputs = {{LVK_F32, 2, {1, 1}}}, .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "three channels",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 5, 7, 3}}},
     .outputs = {{LVK_F32, 1, {3}}}},
    {.name = "four", .input_count = 1, .inputs = {{LVK_F32, 2, {1, 4}}}, .outputs = {{LVK_F32, 1, {4}}}},
    {.name = "five",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 3, 2, 5}}},
     .outputs = {{LVK_F32, 1, {5}}}},
    {.name = "31", .input_count = 1, .inputs = {{LVK_F32, 3, {2, 3, 31}}}, .outputs = {{LVK_F32, 1, {31}}}},
    {.name = "32",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 9, 11, 32}}},
     .outputs = {{LVK_F32, 1, {32}}}},
    {.name = "33",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {2, 9, 5, 33}}},
     .outputs = {{LVK_F32, 1, {33}}}},
    {.name = "64", .input_count = 1, .inputs = {{LVK_F32, 2, {32, 64}}}, .outputs = {{LVK_F32, 1, {64}}}},
    {.name = "two passes, one channel",
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {10007, 1}}},
     .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "two passes",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 61, 67, 8}}},
     .outputs = {{LVK_F32, 1, {8}}}},
    {.name = "three passes, five channels",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {5, 53, 59, 5}}},
     .outputs = {{LVK_F32, 1, {5}}}},
    {.name = "wide",
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {7, 2051}}},
     .outputs = {{LVK_F32, 1, {2051}}}},
    {.name = "the first layer of the CNN",
     .input_count = 1,
     .inputs = {{LVK_F32, 4, {3, 222, 222, 32}}},
     .outputs = {{LVK_F32, 1, {32}}},
     .large = true},
    {.name = "many rows",
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {3000001, 4}}},
     .outputs = {{LVK_F32, 1, {4}}},
     .large = true},
    {.name = "many columns",
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 8400003}}},
     .outputs = {{LVK_F32, 1, {8400003}}},
     .large = true},
};

const lvk_case_table lvk_cases_bias_grad = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_SUM},
    .terms = terms,
    .draw = draw,
};
