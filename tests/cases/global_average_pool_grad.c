#include <float.h>
#include <math.h>

#include "ops/global_average_pool.h"
#include "selftest/cases.h"

/* Vulkan divides with 2.5 ulp; the reference rounds once more. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    (void)output;
    return 3 * (double)FLT_EPSILON * fabs((double)((const float *)run->outputs[0])[element]) +
           (double)FLT_MIN;
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    lvk_global_average_pool_grad_attributes *image = attributes;
    *image = (lvk_global_average_pool_grad_attributes){1 + words[1] % 9, 1 + words[2] % 9};
    *result = (lvk_case){.name = "drawn",
                         .attributes = attributes,
                         .input_count = 1,
                         .inputs = {lvk_type_2d(LVK_F32, 1 + words[0] % 3, 1 + words[3] % 70)}};
}

static const lvk_global_average_pool_grad_attributes image_1x1 = {1, 1};
static const lvk_global_average_pool_grad_attributes image_2x2 = {2, 2};
static const lvk_global_average_pool_grad_attributes image_2x3 = {2, 3};
static const lvk_global_average_pool_grad_attributes image_3x3 = {3, 3};
static const lvk_global_average_pool_grad_attributes image_4x9 = {4, 9};
static const lvk_global_average_pool_grad_attributes image_5x7 = {5, 7};
static const lvk_global_average_pool_grad_attributes image_7x7 = {7, 7};

static const lvk_case cases[] = {
    {.name = "one pixel",
     .attributes = &image_1x1,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 5}}},
     .outputs = {{LVK_F32, 4, {2, 1, 1, 5}}}},
    {.name = "one channel",
     .attributes = &image_5x7,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {3, 1}}},
     .outputs = {{LVK_F32, 4, {3, 5, 7, 1}}}},
    {.name = "three channels",
     .attributes = &image_3x3,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 3}}},
     .outputs = {{LVK_F32, 4, {2, 3, 3, 3}}}},
    {.name = "four",
     .attributes = &image_2x2,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {1, 4}}},
     .outputs = {{LVK_F32, 4, {1, 2, 2, 4}}}},
    {.name = "31",
     .attributes = &image_7x7,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 31}}},
     .outputs = {{LVK_F32, 4, {2, 7, 7, 31}}}},
    {.name = "narrow resnet",
     .attributes = &image_2x2,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {4, 256}}},
     .outputs = {{LVK_F32, 4, {4, 2, 2, 256}}}},
    {.name = "33",
     .attributes = &image_4x9,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {3, 33}}},
     .outputs = {{LVK_F32, 4, {3, 4, 9, 33}}}},
    {.name = "resnet50",
     .attributes = &image_7x7,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 2048}}},
     .outputs = {{LVK_F32, 4, {2, 7, 7, 2048}}}},
    {.name = "more than 65,535 groups",
     .attributes = &image_2x3,
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {700, 4001}}},
     .outputs = {{LVK_F32, 4, {700, 2, 3, 4001}}},
     .large = true},
};

const lvk_case_table lvk_cases_global_average_pool_grad = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
    .draw = draw,
};
