#include "ops/conv2d.h"
#include "support/conv_cases.h"
#include "support/winograd_sums.h"

/* stride_h, stride_w, pad_top, pad_left, pad_bottom, pad_right; height, width of x */
static const lvk_conv2d_grad_input_attributes attributes[] = {
    {{1, 1, 0, 0, 0, 0}, 1, 1},       /* one pixel */
    {{1, 1, 0, 0, 0, 0}, 7, 5},       /* odd valid */
    {{1, 1, 0, 0, 0, 0}, 6, 9},       /* no bias */
    {{1, 1, 0, 0, 0, 0}, 3, 4},       /* kernel as large as the image */
    {{1, 1, 1, 1, 1, 1}, 9, 7},       /* same, stride 1 */
    {{1, 1, 0, 1, 1, 2}, 6, 6},       /* same, even kernel */
    {{1, 1, 2, 3, 1, 2}, 3, 2},       /* padding wider than the kernel */
    {{2, 2, 0, 1, 1, 1}, 8, 11},      /* stride 2 same, uneven */
    {{3, 2, 2, 0, 1, 1}, 13, 9},      /* stride 3x2, 5x3 */
    {{2, 2, 3, 3, 3, 3}, 17, 14},     /* 7x7 stride 2 pad 3 */
    {{1, 1, 0, 0, 0, 0}, 5, 5},       /* 1x1 */
    {{2, 2, 0, 0, 0, 0}, 7, 6},       /* 1x1 stride 2 */
    {{1, 1, 0, 0, 0, 0}, 20, 23},     /* 3 to 32 */
    {{1, 1, 0, 0, 0, 0}, 11, 13},     /* 32 to 64 */
    {{1, 1, 1, 1, 1, 1}, 17, 19},     /* 64 to 64, 17 rows of 19 */
    {{1, 1, 1, 1, 1, 1}, 6, 10},      /* 33 to 36 */
    {{1, 1, 0, 0, 0, 0}, 7, 18},      /* 36 to 33 */
    {{1, 1, 0, 0, 0, 0}, 3, 3},       /* long sum, few outputs */
    {{1, 1, 0, 1, 0, 1}, 1, 67},      /* wide, one row */
    {{1, 1, 0, 0, 0, 0}, 1450, 1460}, /* more than 65,535 gather groups */
    {{1, 1, 0, 0, 0, 0}, 1450, 1460}, /* more than 65,535 subgroup groups */
};

static const lvk_case cases[] = {
    {.name = "one pixel",
     .attributes = &attributes[0],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 1, 1, 1}}, {LVK_F32, 4, {1, 1, 1, 1}}},
     .outputs = {{LVK_F32, 4, {1, 1, 1, 1}}}},
    {.name = "odd valid",
     .attributes = &attributes[1],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 5, 3, 5}}, {LVK_F32, 4, {3, 3, 3, 5}}},
     .outputs = {{LVK_F32, 4, {2, 7, 5, 3}}}},
    {.name = "no bias",
     .attributes = &attributes[2],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 4, 7, 4}}, {LVK_F32, 4, {3, 3, 4, 4}}},
     .outputs = {{LVK_F32, 4, {1, 6, 9, 4}}}},
    {.name = "kernel as large as the image",
     .attributes = &attributes[3],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 1, 1, 8}}, {LVK_F32, 4, {3, 4, 5, 8}}},
     .outputs = {{LVK_F32, 4, {3, 3, 4, 5}}}},
    {.name = "same, stride 1",
     .attributes = &attributes[4],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 9, 7, 12}}, {LVK_F32, 4, {3, 3, 8, 12}}},
     .outputs = {{LVK_F32, 4, {2, 9, 7, 8}}}},
    {.name = "same, even kernel",
     .attributes = &attributes[5],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 6, 6, 4}}, {LVK_F32, 4, {2, 4, 4, 4}}},
     .outputs = {{LVK_F32, 4, {1, 6, 6, 4}}}},
    {.name = "padding wider than the kernel",
     .attributes = &attributes[6],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 6, 6, 4}}, {LVK_F32, 4, {1, 2, 4, 4}}},
     .outputs = {{LVK_F32, 4, {1, 3, 2, 4}}}},
    {.name = "stride 2 same, uneven",
     .attributes = &attributes[7],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 4, 6, 4}}, {LVK_F32, 4, {3, 3, 6, 4}}},
     .outputs = {{LVK_F32, 4, {2, 8, 11, 6}}}},
    {.name = "stride 3x2, 5x3",
     .attributes = &attributes[8],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 4, 4, 7}}, {LVK_F32, 4, {5, 3, 3, 7}}},
     .outputs = {{LVK_F32, 4, {2, 13, 9, 3}}}},
    {.name = "7x7 stride 2 pad 3",
     .attributes = &attributes[9],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 9, 7, 8}}, {LVK_F32, 4, {7, 7, 3, 8}}},
     .outputs = {{LVK_F32, 4, {1, 17, 14, 3}}}},
    {.name = "1x1",
     .attributes = &attributes[10],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 5, 5, 33}}, {LVK_F32, 4, {1, 1, 31, 33}}},
     .outputs = {{LVK_F32, 4, {2, 5, 5, 31}}}},
    {.name = "1x1 stride 2",
     .attributes = &attributes[11],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 4, 3, 36}}, {LVK_F32, 4, {1, 1, 32, 36}}},
     .outputs = {{LVK_F32, 4, {2, 7, 6, 32}}}},
    {.name = "1x1 stride 2, splits",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{2, 2, 0, 0, 0, 0}, 4, 6},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 2, 3, 516}}, {LVK_F32, 4, {1, 1, 8, 516}}},
     .outputs = {{LVK_F32, 4, {1, 4, 6, 8}}}},
    {.name = "3x3 stride 2 pad 1, from 24",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{2, 2, 1, 1, 1, 1}, 14, 15},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 7, 8, 24}}, {LVK_F32, 4, {3, 3, 20, 24}}},
     .outputs = {{LVK_F32, 4, {2, 14, 15, 20}}}},
    {.name = "2x4 stride 3x1, rows left out",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{3, 1, 1, 2, 0, 1}, 10, 9},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 4, 9, 5}}, {LVK_F32, 4, {2, 4, 4, 5}}},
     .outputs = {{LVK_F32, 4, {2, 10, 9, 4}}}},
    {.name = "2x1 stride 3x2, pixels that no tap meets",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{3, 2, 4, 1, 2, 3}, 8, 9},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 5, 7, 12}}, {LVK_F32, 4, {2, 1, 8, 12}}},
     .outputs = {{LVK_F32, 4, {2, 8, 9, 8}}}},
    {.name = "5x4 stride 4x2, to 36",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{4, 2, 2, 3, 2, 0}, 12, 5},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 3, 3, 8}}, {LVK_F32, 4, {5, 4, 36, 8}}},
     .outputs = {{LVK_F32, 4, {1, 12, 5, 36}}}},
    {.name = "stride 3 in 2 pixels",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{3, 2, 1, 0, 0, 0}, 2, 2},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 1, 1, 4}}, {LVK_F32, 4, {3, 2, 4, 4}}},
     .outputs = {{LVK_F32, 4, {3, 2, 2, 4}}}},
    {.name = "3 to 32",
     .attributes = &attributes[12],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 18, 21, 32}}, {LVK_F32, 4, {3, 3, 3, 32}}},
     .outputs = {{LVK_F32, 4, {2, 20, 23, 3}}}},
    {.name = "32 to 64",
     .attributes = &attributes[13],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 9, 11, 64}}, {LVK_F32, 4, {3, 3, 32, 64}}},
     .outputs = {{LVK_F32, 4, {2, 11, 13, 32}}}},
    {.name = "64 to 64, 17 rows of 19",
     .attributes = &attributes[14],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 17, 19, 64}}, {LVK_F32, 4, {3, 3, 64, 64}}},
     .outputs = {{LVK_F32, 4, {1, 17, 19, 64}}}},
    {.name = "33 to 36",
     .attributes = &attributes[15],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 6, 10, 36}}, {LVK_F32, 4, {3, 3, 33, 36}}},
     .outputs = {{LVK_F32, 4, {2, 6, 10, 33}}}},
    {.name = "20 to 16, uneven padding, 168 tiles of 2x2",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{1, 1, 2, 3, 1, 0}, 15, 14},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 16, 15, 16}}, {LVK_F32, 4, {3, 3, 20, 16}}},
     .outputs = {{LVK_F32, 4, {3, 15, 14, 20}}}},
    {.name = "68 to 18, one row",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{1, 1, 1, 1, 1, 1}, 1, 9},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 1, 9, 18}}, {LVK_F32, 4, {3, 3, 68, 18}}},
     .outputs = {{LVK_F32, 4, {2, 1, 9, 68}}}},
    {.name = "36 to 33",
     .attributes = &attributes[16],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 5, 16, 33}}, {LVK_F32, 4, {3, 3, 36, 33}}},
     .outputs = {{LVK_F32, 4, {1, 7, 18, 36}}}},
    {.name = "65 pixels of 65 channels, from 5",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{1, 1, 1, 1, 1, 1}, 5, 13},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 5, 13, 5}}, {LVK_F32, 4, {3, 3, 65, 5}}},
     .outputs = {{LVK_F32, 4, {1, 5, 13, 65}}}},
    {.name = "129 pixels of 31 channels, from 1",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{1, 1, 1, 1, 1, 1}, 3, 43},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 3, 43, 1}}, {LVK_F32, 4, {3, 3, 31, 1}}},
     .outputs = {{LVK_F32, 4, {1, 3, 43, 31}}}},
    {.name = "long sum, few outputs",
     .attributes = &attributes[17],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 1, 1, 8}}, {LVK_F32, 4, {3, 3, 260, 8}}},
     .outputs = {{LVK_F32, 4, {1, 3, 3, 260}}}},
    {.name = "48 to 16, 544 tiles of 2x2",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{1, 1, 1, 1, 1, 1}, 31, 33},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 31, 33, 16}}, {LVK_F32, 4, {3, 3, 48, 16}}},
     .outputs = {{LVK_F32, 4, {2, 31, 33, 48}}}},
    {.name = "16 to 48, uneven padding",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{1, 1, 0, 3, 2, 1}, 6, 9},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 6, 11, 48}}, {LVK_F32, 4, {3, 3, 16, 48}}},
     .outputs = {{LVK_F32, 4, {3, 6, 9, 16}}}},
    {.name = "272 to 272, 4 tiles of 2x2",
     .attributes = &(const lvk_conv2d_grad_input_attributes){{1, 1, 1, 1, 1, 1}, 4, 4},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 4, 4, 272}}, {LVK_F32, 4, {3, 3, 272, 272}}},
     .outputs = {{LVK_F32, 4, {1, 4, 4, 272}}}},
    {.name = "wide, one row",
     .attributes = &attributes[18],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {5, 1, 67, 8}}, {LVK_F32, 4, {1, 3, 4, 8}}},
     .outputs = {{LVK_F32, 4, {5, 1, 67, 4}}}},
    {.name = "more than 65,535 gather groups",
     .attributes = &attributes[19],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 1450, 1460, 1}}, {LVK_F32, 4, {1, 1, 2, 1}}},
     .outputs = {{LVK_F32, 4, {1, 1450, 1460, 2}}},
     .large = true,
     .many_groups = true},
    {.name = "more than 65,535 subgroup groups",
     .attributes = &attributes[20],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 1450, 1460, 4}}, {LVK_F32, 4, {1, 1, 4, 4}}},
     .outputs = {{LVK_F32, 4, {1, 1450, 1460, 4}}},
     .large = true,
     .many_groups = true},
};

/* An element of x has at most one output for each tap, in every channel of y. */
static double terms(const lvk_call *call) {
    const uint32_t *w = call->inputs[1].dim;
    return 1.0 * w[0] * w[1] * w[3];
}

/* Winograd computes dx as a convolution of dy with the taps of w in reverse order; padding p of x becomes padding 2 - p of dy. */
static double own_sums(const lvk_case_run *run, const char *candidate, float *sums) {
    const lvk_conv2d_grad_input_attributes *a = run->call->attributes;
    const winograd_operands operands = {.x = run->inputs[0],
                                        .w = run->inputs[1],
                                        .x_type = &run->call->inputs[0],
                                        .y_type = &run->call->outputs[0],
                                        .pad_top = 2 - (int64_t)a->conv.pad_top,
                                        .pad_left = 2 - (int64_t)a->conv.pad_left,
                                        .flip = true};
    return strcmp(candidate, "winograd") == 0 ? winograd_sums(&operands, sums) : 0;
}

static void draw(const uint32_t *words, void *storage, lvk_case *result) {
    const conv_drawn d = conv_draw(words);
    lvk_conv2d_grad_input_attributes *own = storage;
    *own = (lvk_conv2d_grad_input_attributes){.conv = d.conv, .height = d.x.dim[1], .width = d.x.dim[2]};
    result->attributes = own;
    result->input_count = 2;
    result->inputs[0] = d.y;
    result->inputs[1] = d.w;
}

const lvk_case_table lvk_cases_conv2d_grad_input = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_SUM},
    .terms = terms,
    .own_sums = own_sums,
    .draw = draw,
};
