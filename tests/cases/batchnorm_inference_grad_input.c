#include "support/batchnorm_cases.h"

static double bound(const lvk_case_run *run, int output, uint64_t element) {
    (void)output;
    return (norm_scale_error + norm_unit) * fabs(norm_at(run->outputs[0], element)) + (double)FLT_MIN;
}

static void draw(const uint32_t *words, void *memory, lvk_case *result) {
    lvk_batchnorm_attributes *drawn = memory;
    *drawn = (lvk_batchnorm_attributes){words[4] % 2 ? 1e-3F : 1e-5F};
    const lvk_type channels = lvk_type_1d(LVK_F32, 1 + words[0] % 40);
    const lvk_type type =
        lvk_type_4d(LVK_F32, 1 + words[1] % 3, 1 + words[2] % 9, 1 + words[3] % 9, channels.dim[0]);
    *result = (lvk_case){.name = "drawn",
                         .attributes = drawn,
                         .input_count = 3,
                         .inputs = {type, channels, channels},
                         .fill = {[2] = LVK_FILL_POSITIVE}};
}

static const lvk_batchnorm_attributes attributes = {1e-3F};

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "one row",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {1, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 2, {1, 5}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "three rows",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {3, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {3, 1}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "four channels",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 3, 3, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 4, {2, 3, 3, 4}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "31",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 5, 7, 31}}, {LVK_F32, 1, {31}}, {LVK_F32, 1, {31}}},
     .outputs = {{LVK_F32, 4, {2, 5, 7, 31}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "32",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 9, 11, 32}}, {LVK_F32, 1, {32}}, {LVK_F32, 1, {32}}},
     .outputs = {{LVK_F32, 4, {2, 9, 11, 32}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "33",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 3, 9, 33}}, {LVK_F32, 1, {33}}, {LVK_F32, 1, {33}}},
     .outputs = {{LVK_F32, 4, {2, 3, 9, 33}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "rows of a dense layer",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {8, 70}}, {LVK_F32, 1, {70}}, {LVK_F32, 1, {70}}},
     .outputs = {{LVK_F32, 2, {8, 70}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "odd image",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 13, 17, 8}}, {LVK_F32, 1, {8}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 4, {3, 13, 17, 8}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "two passes, five channels",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 31, 29, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {2, 31, 29, 5}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "three passes, one channel",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {20011, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {20011, 1}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "resnet block",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 14, 14, 256}}, {LVK_F32, 1, {256}}, {LVK_F32, 1, {256}}},
     .outputs = {{LVK_F32, 4, {2, 14, 14, 256}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "more than 65,535 groups",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {4, 512, 513, 16}}, {LVK_F32, 1, {16}}, {LVK_F32, 1, {16}}},
     .outputs = {{LVK_F32, 4, {4, 512, 513, 16}}},
     .fill = {[2] = LVK_FILL_POSITIVE},
     .large = true},
};

const lvk_case_table lvk_cases_batchnorm_inference_grad_input = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
    .draw = draw,
};
