#include "selftest/cases.h"

static const lvk_case cases[] = {
    {.name = "one value",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 2, {1, 1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}}},
    {.name = "odd",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {3, 5}}, {LVK_F32, 2, {11, 5}}},
     .outputs = {{LVK_F32, 2, {3, 11}}}},
    {.name = "no bias",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {3, 5}}, {LVK_F32, 2, {11, 5}}},
     .outputs = {{LVK_F32, 2, {3, 11}}}},
    {.name = "one row",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 2, {64, 1}}},
     .outputs = {{LVK_F32, 2, {1, 64}}}},
    {.name = "the last layer",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {32, 1}}, {LVK_F32, 2, {64, 1}}},
     .outputs = {{LVK_F32, 2, {32, 64}}}},
    {.name = "multiples of 4",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {4, 12}}, {LVK_F32, 2, {36, 12}}},
     .outputs = {{LVK_F32, 2, {4, 36}}}},
    {.name = "31 rows",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {31, 32}}, {LVK_F32, 2, {68, 32}}},
     .outputs = {{LVK_F32, 2, {31, 68}}}},
    {.name = "33 rows of 33",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {33, 33}}, {LVK_F32, 2, {33, 33}}},
     .outputs = {{LVK_F32, 2, {33, 33}}}},
    {.name = "65 rows",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {65, 64}}, {LVK_F32, 2, {40, 64}}},
     .outputs = {{LVK_F32, 2, {65, 40}}}},
    {.name = "65 rows of 65",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {65, 33}}, {LVK_F32, 2, {65, 33}}},
     .outputs = {{LVK_F32, 2, {65, 65}}}},
    {.name = "one row, long sum",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {1, 64}}, {LVK_F32, 2, {5408, 64}}},
     .outputs = {{LVK_F32, 2, {1, 5408}}}},
    {.name = "8 rows, long sum",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {8, 36}}, {LVK_F32, 2, {3000, 36}}},
     .outputs = {{LVK_F32, 2, {8, 3000}}}},
    {.name = "long sum, odd",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {2, 3}}, {LVK_F32, 2, {2501, 3}}},
     .outputs = {{LVK_F32, 2, {2, 2501}}}},
    {.name = "the large layer of the CNN",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {32, 64}}, {LVK_F32, 2, {43264, 64}}},
     .outputs = {{LVK_F32, 2, {32, 43264}}},
     .large = true},
    {.name = "more than 65,535 groups",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {1000, 1}}, {LVK_F32, 2, {4200, 1}}},
     .outputs = {{LVK_F32, 2, {1000, 4200}}},
     .large = true,
     .many_groups = true},
};

static double terms(const lvk_call *call) {
    return call->inputs[1].dim[1];
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    (void)attributes;
    const uint32_t rows = 1 + words[0] % 40, inputs = 1 + words[1] % 50, outputs = 1 + words[2] % 25;
    result->input_count = 2;
    result->inputs[0] = lvk_type_2d(LVK_F32, rows, outputs);
    result->inputs[1] = lvk_type_2d(LVK_F32, inputs, outputs);
}

const lvk_case_table lvk_cases_dense_grad_input = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_SUM},
    .terms = terms,
    .draw = draw,
};
