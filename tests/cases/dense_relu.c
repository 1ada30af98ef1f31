#include "selftest/cases.h"

static const lvk_case cases[] = {
    {.name = "one value",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 2, {1, 1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}}},
    {.name = "odd",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {3, 11}}, {LVK_F32, 2, {11, 5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 2, {3, 5}}}},
    {.name = "no bias",
     .input_count = 2,
     .inputs = {{LVK_F32, 2, {3, 11}}, {LVK_F32, 2, {11, 5}}},
     .outputs = {{LVK_F32, 2, {3, 5}}}},
    {.name = "whole numbers",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {4, 36}}, {LVK_F32, 2, {36, 12}}, {LVK_F32, 1, {12}}},
     .outputs = {{LVK_F32, 2, {4, 12}}},
     .fill = {LVK_FILL_SMALL_INT, LVK_FILL_SMALL_INT, LVK_FILL_SMALL_INT}},
    {.name = "7 rows",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {7, 132}}, {LVK_F32, 2, {132, 20}}, {LVK_F32, 1, {20}}},
     .outputs = {{LVK_F32, 2, {7, 20}}}},
    {.name = "31 rows",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {31, 68}}, {LVK_F32, 2, {68, 32}}, {LVK_F32, 1, {32}}},
     .outputs = {{LVK_F32, 2, {31, 32}}}},
    {.name = "33 rows of 33",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {33, 33}}, {LVK_F32, 2, {33, 33}}, {LVK_F32, 1, {33}}},
     .outputs = {{LVK_F32, 2, {33, 33}}}},
    {.name = "65 rows of 65",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {65, 33}}, {LVK_F32, 2, {33, 65}}, {LVK_F32, 1, {65}}},
     .outputs = {{LVK_F32, 2, {65, 65}}}},
    {.name = "one row, long sum",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {1, 5408}}, {LVK_F32, 2, {5408, 64}}, {LVK_F32, 1, {64}}},
     .outputs = {{LVK_F32, 2, {1, 64}}}},
    {.name = "8 rows, long sum",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {8, 3000}}, {LVK_F32, 2, {3000, 36}}, {LVK_F32, 1, {36}}},
     .outputs = {{LVK_F32, 2, {8, 36}}}},
    {.name = "2 rows, a sum of many parts",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {2, 12000}}, {LVK_F32, 2, {12000, 8}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 2, {2, 8}}}},
    {.name = "long sum, odd",
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {2, 2501}}, {LVK_F32, 2, {2501, 3}}, {LVK_F32, 1, {3}}},
     .outputs = {{LVK_F32, 2, {2, 3}}}},
};

/* The products of one sum, and the bias. ReLU never increases the distance of two numbers. */
static double terms(const lvk_call *call) {
    return call->inputs[1].dim[0] + 1.0;
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    (void)attributes;
    const uint32_t rows = 1 + words[0] % 40, inputs = 1 + words[1] % 50, outputs = 1 + words[2] % 25;
    result->input_count = words[3] % 2 ? 3 : 2;
    result->inputs[0] = lvk_type_2d(LVK_F32, rows, inputs);
    result->inputs[1] = lvk_type_2d(LVK_F32, inputs, outputs);
    result->inputs[2] = lvk_type_1d(LVK_F32, outputs);
}

const lvk_case_table lvk_cases_dense_relu = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_SUM},
    .terms = terms,
    .draw = draw,
    .differentiable = 7,
};
