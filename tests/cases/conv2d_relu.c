#include "support/conv_cases.h"
#include "support/winograd_sums.h"

static const lvk_case cases[] = {
    {.name = "one pixel",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 0, 0, 0, 0},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {1, 1, 1, 1}}, {LVK_F32, 4, {1, 1, 1, 1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 4, {1, 1, 1, 1}}}},
    {.name = "odd valid",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 0, 0, 0, 0},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 7, 5, 3}}, {LVK_F32, 4, {3, 3, 3, 5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {2, 5, 3, 5}}}},
    {.name = "no bias, whole numbers",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 0, 0, 0, 0},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 6, 9, 4}}, {LVK_F32, 4, {3, 3, 4, 4}}},
     .outputs = {{LVK_F32, 4, {1, 4, 7, 4}}},
     .fill = {LVK_FILL_SMALL_INT, LVK_FILL_SMALL_INT}},
    {.name = "7x7 stride 2 pad 3, 3 to 64",
     .attributes = &(const lvk_conv2d_attributes){2, 2, 3, 3, 3, 3},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 23, 14, 3}}, {LVK_F32, 4, {7, 7, 3, 64}}, {LVK_F32, 1, {64}}},
     .outputs = {{LVK_F32, 4, {2, 12, 7, 64}}}},
    {.name = "3 to 32",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 0, 0, 0, 0},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 20, 23, 3}}, {LVK_F32, 4, {3, 3, 3, 32}}, {LVK_F32, 1, {32}}},
     .outputs = {{LVK_F32, 4, {2, 18, 21, 32}}}},
    {.name = "1x1, 68 to 36",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 0, 0, 0, 0},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 7, 5, 68}}, {LVK_F32, 4, {1, 1, 68, 36}}, {LVK_F32, 1, {36}}},
     .outputs = {{LVK_F32, 4, {2, 7, 5, 36}}}},
    {.name = "1x1 stride 2, 32 to 64",
     .attributes = &(const lvk_conv2d_attributes){2, 2, 0, 0, 0, 0},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 9, 12, 32}}, {LVK_F32, 4, {1, 1, 32, 64}}, {LVK_F32, 1, {64}}},
     .outputs = {{LVK_F32, 4, {2, 5, 6, 64}}}},
    {.name = "64 to 64, 9 rows of 11",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 1, 1, 1, 1},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {1, 9, 11, 64}}, {LVK_F32, 4, {3, 3, 64, 64}}, {LVK_F32, 1, {64}}},
     .outputs = {{LVK_F32, 4, {1, 9, 11, 64}}}},
    {.name = "33 to 36",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 1, 1, 1, 1},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 6, 10, 33}}, {LVK_F32, 4, {3, 3, 33, 36}}, {LVK_F32, 1, {36}}},
     .outputs = {{LVK_F32, 4, {2, 6, 10, 36}}}},
    {.name = "16 to 20, uneven padding",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 0, 2, 1, 0},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 6, 7, 16}}, {LVK_F32, 4, {3, 3, 16, 20}}},
     .outputs = {{LVK_F32, 4, {3, 5, 7, 20}}}},
    {.name = "long sum, few outputs",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 0, 0, 0, 0},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {1, 3, 3, 260}}, {LVK_F32, 4, {3, 3, 260, 8}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 4, {1, 1, 1, 8}}}},
    {.name = "long sum, odd",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 0, 0, 0, 0},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 3, 3, 261}}, {LVK_F32, 4, {3, 3, 261, 5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {2, 1, 1, 5}}}},
    {.name = "48 to 16, 544 tiles of 2x2",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 1, 1, 1, 1},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 31, 33, 48}}, {LVK_F32, 4, {3, 3, 48, 16}}, {LVK_F32, 1, {16}}},
     .outputs = {{LVK_F32, 4, {2, 31, 33, 16}}}},
    {.name = "272 to 272, 4 tiles of 2x2",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 1, 1, 1, 1},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {1, 4, 4, 272}}, {LVK_F32, 4, {3, 3, 272, 272}}, {LVK_F32, 1, {272}}},
     .outputs = {{LVK_F32, 4, {1, 4, 4, 272}}}},
    {.name = "16 to 48, uneven padding",
     .attributes = &(const lvk_conv2d_attributes){1, 1, 0, 2, 3, 1},
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 6, 9, 16}}, {LVK_F32, 4, {3, 3, 16, 48}}, {LVK_F32, 1, {48}}},
     .outputs = {{LVK_F32, 4, {3, 7, 10, 48}}}},
};

/* The products of one sum, and the bias. ReLU never increases the distance of two numbers. */
static double terms(const lvk_call *call) {
    const uint32_t *w = call->inputs[1].dim;
    return 1.0 * w[0] * w[1] * w[2] + 1;
}

static void draw(const uint32_t *words, void *storage, lvk_case *result) {
    const conv_drawn d = conv_draw(words);
    lvk_conv2d_attributes *own = storage;
    *own = d.conv;
    result->attributes = own;
    result->input_count = d.bias ? 3 : 2;
    result->inputs[0] = d.x;
    result->inputs[1] = d.w;
    result->inputs[2] = lvk_type_1d(LVK_F32, d.w.dim[3]);
}

const lvk_case_table lvk_cases_conv2d_relu = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_SUM},
    .terms = terms,
    .own_sums = winograd_own_sums,
    .draw = draw,
    .differentiable = 7,
};
