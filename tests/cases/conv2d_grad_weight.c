#include "ops/conv2d.h"
#include "support/conv_cases.h"
#include "support/winograd_sums.h"

/* stride_h, stride_w, pad_top, pad_left, pad_bottom, pad_right; kernel_h, kernel_w */
static const lvk_conv2d_grad_weight_attributes attributes[] = {
    {{1, 1, 0, 0, 0, 0}, 1, 1}, /* one pixel */
    {{1, 1, 0, 0, 0, 0}, 3, 3}, /* odd valid */
    {{1, 1, 0, 0, 0, 0}, 3, 3}, /* no bias */
    {{1, 1, 0, 0, 0, 0}, 3, 4}, /* kernel as large as the image */
    {{1, 1, 1, 1, 1, 1}, 3, 3}, /* same, stride 1 */
    {{1, 1, 0, 1, 1, 2}, 2, 4}, /* same, even kernel */
    {{1, 1, 2, 3, 1, 2}, 1, 2}, /* padding wider than the kernel */
    {{2, 2, 0, 1, 1, 1}, 3, 3}, /* stride 2 same, uneven */
    {{3, 2, 2, 0, 1, 1}, 5, 3}, /* stride 3x2, 5x3 */
    {{2, 2, 3, 3, 3, 3}, 7, 7}, /* 7x7 stride 2 pad 3 */
    {{1, 1, 0, 0, 0, 0}, 1, 1}, /* 1x1 */
    {{2, 2, 0, 0, 0, 0}, 1, 1}, /* 1x1 stride 2 */
    {{1, 1, 0, 0, 0, 0}, 3, 3}, /* 3 to 32 */
    {{1, 1, 0, 0, 0, 0}, 3, 3}, /* 32 to 64 */
    {{1, 1, 1, 1, 1, 1}, 3, 3}, /* 64 to 64, 17 rows of 19 */
    {{1, 1, 1, 1, 1, 1}, 3, 3}, /* 33 to 36 */
    {{1, 1, 0, 0, 0, 0}, 3, 3}, /* 36 to 33 */
    {{1, 1, 0, 0, 0, 0}, 3, 3}, /* long sum, few outputs */
    {{1, 1, 0, 1, 0, 1}, 1, 3}, /* wide, one row */
    {{1, 1, 1, 1, 1, 1}, 3, 3}, /* many rows */
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
     .inputs = {{LVK_F32, 4, {2, 7, 5, 3}}, {LVK_F32, 4, {2, 5, 3, 5}}},
     .outputs = {{LVK_F32, 4, {3, 3, 3, 5}}}},
    {.name = "no bias",
     .attributes = &attributes[2],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 6, 9, 4}}, {LVK_F32, 4, {1, 4, 7, 4}}},
     .outputs = {{LVK_F32, 4, {3, 3, 4, 4}}}},
    {.name = "kernel as large as the image",
     .attributes = &attributes[3],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 3, 4, 5}}, {LVK_F32, 4, {3, 1, 1, 8}}},
     .outputs = {{LVK_F32, 4, {3, 4, 5, 8}}}},
    {.name = "same, stride 1",
     .attributes = &attributes[4],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 9, 7, 8}}, {LVK_F32, 4, {2, 9, 7, 12}}},
     .outputs = {{LVK_F32, 4, {3, 3, 8, 12}}}},
    {.name = "same, even kernel",
     .attributes = &attributes[5],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 6, 6, 4}}, {LVK_F32, 4, {1, 6, 6, 4}}},
     .outputs = {{LVK_F32, 4, {2, 4, 4, 4}}}},
    {.name = "padding wider than the kernel",
     .attributes = &attributes[6],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 3, 2, 4}}, {LVK_F32, 4, {1, 6, 6, 4}}},
     .outputs = {{LVK_F32, 4, {1, 2, 4, 4}}}},
    {.name = "stride 2 same, uneven",
     .attributes = &attributes[7],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 8, 11, 6}}, {LVK_F32, 4, {2, 4, 6, 4}}},
     .outputs = {{LVK_F32, 4, {3, 3, 6, 4}}}},
    {.name = "stride 3x2, 5x3",
     .attributes = &attributes[8],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 13, 9, 3}}, {LVK_F32, 4, {2, 4, 4, 7}}},
     .outputs = {{LVK_F32, 4, {5, 3, 3, 7}}}},
    {.name = "7x7 stride 2 pad 3",
     .attributes = &attributes[9],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 17, 14, 3}}, {LVK_F32, 4, {1, 9, 7, 8}}},
     .outputs = {{LVK_F32, 4, {7, 7, 3, 8}}}},
    {.name = "3x3 stride 2 pad 1, from 3",
     .attributes = &(const lvk_conv2d_grad_weight_attributes){{2, 2, 1, 1, 1, 1}, 3, 3},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 19, 37, 3}}, {LVK_F32, 4, {2, 10, 19, 36}}},
     .outputs = {{LVK_F32, 4, {3, 3, 3, 36}}}},
    {.name = "7x7 stride 2 pad 3, long rows",
     .attributes = &(const lvk_conv2d_grad_weight_attributes){{2, 2, 3, 3, 3, 3}, 7, 7},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 21, 45, 3}}, {LVK_F32, 4, {1, 11, 23, 8}}},
     .outputs = {{LVK_F32, 4, {7, 7, 3, 8}}}},
    {.name = "1x1",
     .attributes = &attributes[10],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 5, 5, 31}}, {LVK_F32, 4, {2, 5, 5, 33}}},
     .outputs = {{LVK_F32, 4, {1, 1, 31, 33}}}},
    {.name = "1x1 stride 2",
     .attributes = &attributes[11],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 7, 6, 32}}, {LVK_F32, 4, {2, 4, 3, 36}}},
     .outputs = {{LVK_F32, 4, {1, 1, 32, 36}}}},
    {.name = "3 to 32",
     .attributes = &attributes[12],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 20, 23, 3}}, {LVK_F32, 4, {2, 18, 21, 32}}},
     .outputs = {{LVK_F32, 4, {3, 3, 3, 32}}}},
    {.name = "32 to 64",
     .attributes = &attributes[13],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 11, 13, 32}}, {LVK_F32, 4, {2, 9, 11, 64}}},
     .outputs = {{LVK_F32, 4, {3, 3, 32, 64}}}},
    {.name = "64 to 64, 17 rows of 19",
     .attributes = &attributes[14],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 17, 19, 64}}, {LVK_F32, 4, {1, 17, 19, 64}}},
     .outputs = {{LVK_F32, 4, {3, 3, 64, 64}}}},
    {.name = "33 to 36",
     .attributes = &attributes[15],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 6, 10, 33}}, {LVK_F32, 4, {2, 6, 10, 36}}},
     .outputs = {{LVK_F32, 4, {3, 3, 33, 36}}}},
    {.name = "36 to 33",
     .attributes = &attributes[16],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 7, 18, 36}}, {LVK_F32, 4, {1, 5, 16, 33}}},
     .outputs = {{LVK_F32, 4, {3, 3, 36, 33}}}},
    {.name = "5 to 65, 65 pixels",
     .attributes = &(const lvk_conv2d_grad_weight_attributes){{1, 1, 1, 1, 1, 1}, 3, 3},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 5, 13, 5}}, {LVK_F32, 4, {1, 5, 13, 65}}},
     .outputs = {{LVK_F32, 4, {3, 3, 5, 65}}}},
    {.name = "13 to 31, 65 pixels",
     .attributes = &(const lvk_conv2d_grad_weight_attributes){{1, 1, 1, 1, 1, 1}, 3, 3},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 5, 13, 13}}, {LVK_F32, 4, {1, 5, 13, 31}}},
     .outputs = {{LVK_F32, 4, {3, 3, 13, 31}}}},
    {.name = "long sum, few outputs",
     .attributes = &attributes[17],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 3, 3, 260}}, {LVK_F32, 4, {1, 1, 1, 8}}},
     .outputs = {{LVK_F32, 4, {3, 3, 260, 8}}}},
    {.name = "48 to 16, 544 tiles of 2x2",
     .attributes = &(const lvk_conv2d_grad_weight_attributes){{1, 1, 1, 1, 1, 1}, 3, 3},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 31, 33, 48}}, {LVK_F32, 4, {2, 31, 33, 16}}},
     .outputs = {{LVK_F32, 4, {3, 3, 48, 16}}}},
    {.name = "16 to 48, uneven padding",
     .attributes = &(const lvk_conv2d_grad_weight_attributes){{1, 1, 0, 3, 2, 1}, 3, 3},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {3, 6, 9, 16}}, {LVK_F32, 4, {3, 6, 11, 48}}},
     .outputs = {{LVK_F32, 4, {3, 3, 16, 48}}}},
    {.name = "48 to 32, stride 2x3",
     .attributes = &(const lvk_conv2d_grad_weight_attributes){{2, 3, 1, 0, 0, 2}, 3, 3},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 9, 14, 48}}, {LVK_F32, 4, {2, 4, 5, 32}}},
     .outputs = {{LVK_F32, 4, {3, 3, 48, 32}}}},
    {.name = "1x1 stride 2, 240 to 80",
     .attributes = &(const lvk_conv2d_grad_weight_attributes){{2, 2, 0, 0, 0, 0}, 1, 1},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 7, 6, 240}}, {LVK_F32, 4, {1, 4, 3, 80}}},
     .outputs = {{LVK_F32, 4, {1, 1, 240, 80}}}},
    {.name = "272 to 272, 4 tiles of 2x2",
     .attributes = &(const lvk_conv2d_grad_weight_attributes){{1, 1, 1, 1, 1, 1}, 3, 3},
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {1, 4, 4, 272}}, {LVK_F32, 4, {1, 4, 4, 272}}},
     .outputs = {{LVK_F32, 4, {3, 3, 272, 272}}}},
    {.name = "wide, one row",
     .attributes = &attributes[18],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {5, 1, 67, 4}}, {LVK_F32, 4, {5, 1, 67, 8}}},
     .outputs = {{LVK_F32, 4, {1, 3, 4, 8}}}},
    {.name = "many rows",
     .attributes = &attributes[19],
     .input_count = 2,
     .inputs = {{LVK_F32, 4, {2, 515, 131, 4}}, {LVK_F32, 4, {2, 515, 131, 4}}},
     .outputs = {{LVK_F32, 4, {3, 3, 4, 4}}},
     .large = true},
};

static double terms(const lvk_call *call) {
    const uint32_t *dy = call->inputs[1].dim;
    return 1.0 * dy[0] * dy[1] * dy[2];
}

static void draw(const uint32_t *words, void *storage, lvk_case *result) {
    const conv_drawn d = conv_draw(words);
    lvk_conv2d_grad_weight_attributes *own = storage;
    *own =
        (lvk_conv2d_grad_weight_attributes){.conv = d.conv, .kernel_h = d.w.dim[0], .kernel_w = d.w.dim[1]};
    result->attributes = own;
    result->input_count = 2;
    result->inputs[0] = d.x;
    result->inputs[1] = d.y;
}

const lvk_case_table lvk_cases_conv2d_grad_weight = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_SUM},
    .terms = terms,
    .own_sums = winograd_weight_own_sums,
    .draw = draw,
};
