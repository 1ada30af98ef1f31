#include "ops/batchnorm.h"
#include "selftest/cases.h"

#include <float.h>
#include <math.h>

static const lvk_batchnorm_attributes keras = {1e-3F}, torchvision = {1e-5F}, keras_resnet = {1.001e-5F};

/* Variances so small that a result shows whether a kernel adds an epsilon which is wrong by a thousandth. */
static const float small_variances[] = {0, 1e-7F, 1e-6F, 1e-5F, 2e-5F, 1e-3F};

/* 1 / sqrt(variance + epsilon) has half an ulp of the argument, which the root halves, and the 2 ulps of inversesqrt. Two products
 * and the reference have half an ulp each. A thousandth is added for products of errors. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const double dx = fabs((double)((const float *)run->outputs[output])[element]);
    return 1.001 * 3.75 * (double)FLT_EPSILON * dx + 2 * (double)FLT_MIN;
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    *(lvk_batchnorm_attributes *)attributes = words[4] % 2 ? keras : keras_resnet;
    const lvk_type channels = lvk_type_1d(LVK_F32, 1 + words[0] % 70);
    const lvk_type x =
        lvk_type_4d(LVK_F32, 1 + words[1] % 3, 1 + words[2] % 9, 1 + words[3] % 9, channels.dim[0]);
    *result = (lvk_case){.name = "drawn",
                         .attributes = attributes,
                         .input_count = 3,
                         .inputs = {x, channels, channels},
                         .fill = {[2] = LVK_FILL_POSITIVE}};
}

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "two of a channel",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 1, 1, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {2, 1, 1, 5}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "golden",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}},
     .outputs = {{LVK_F32, 4, {3, 5, 4, 6}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "epsilon 1e-5",
     .attributes = &torchvision,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}},
     .outputs = {{LVK_F32, 4, {3, 5, 4, 6}}},
     .fill = {[2] = LVK_FILL_LISTED},
     .listed = {[2] = small_variances}},
    {.name = "epsilon 1.001e-5",
     .attributes = &keras_resnet,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}},
     .outputs = {{LVK_F32, 4, {3, 5, 4, 6}}},
     .fill = {[2] = LVK_FILL_LISTED},
     .listed = {[2] = small_variances}},
    {.name = "features",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {9, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 2, {9, 4}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "three channels",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 5, 7, 3}}, {LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}},
     .outputs = {{LVK_F32, 4, {2, 5, 7, 3}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "31",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {4, 31}}, {LVK_F32, 1, {31}}, {LVK_F32, 1, {31}}},
     .outputs = {{LVK_F32, 2, {4, 31}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "32",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 9, 11, 32}}, {LVK_F32, 1, {32}}, {LVK_F32, 1, {32}}},
     .outputs = {{LVK_F32, 4, {2, 9, 11, 32}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "33",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 4, 5, 33}}, {LVK_F32, 1, {33}}, {LVK_F32, 1, {33}}},
     .outputs = {{LVK_F32, 4, {2, 4, 5, 33}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "two passes",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 13, 17, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 4, {2, 13, 17, 4}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "two passes, five channels",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 11, 13, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {3, 11, 13, 5}}},
     .fill = {[2] = LVK_FILL_POSITIVE}},
    {.name = "more than 65,535 groups",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {17, 1000003}}, {LVK_F32, 1, {1000003}}, {LVK_F32, 1, {1000003}}},
     .outputs = {{LVK_F32, 2, {17, 1000003}}},
     .fill = {[2] = LVK_FILL_POSITIVE},
     .large = true,
     .many_groups = true},
    {.name = "more than 65,535 groups of vectors",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {4200001, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 2, {4200001, 4}}},
     .fill = {[2] = LVK_FILL_POSITIVE},
     .large = true,
     .many_groups = true},
};

const lvk_case_table lvk_cases_batchnorm_inference_grad_input = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
    .draw = draw,
};
