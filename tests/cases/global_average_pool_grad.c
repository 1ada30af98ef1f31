#include "ops/global_average_pool.h"
#include "selftest/cases.h"

/* The factor and the product are rounded once each: one ulp, less than LVK_SUM allows a single term. */
static double terms(const lvk_call *call) {
    (void)call;
    return 1;
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    lvk_global_average_pool_grad_attributes *grad = attributes;
    *grad = (lvk_global_average_pool_grad_attributes){1 + words[0] % 9, 1 + words[1] % 9};
    *result = (lvk_case){.name = "drawn",
                         .attributes = attributes,
                         .input_count = 1,
                         .inputs = {lvk_type_2d(LVK_F32, 1 + words[2] % 3, 1 + words[3] % 70)}};
}

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &(const lvk_global_average_pool_grad_attributes){1, 1},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {1, 1}}},
     .outputs = {{LVK_F32, 4, {1, 1, 1, 1}}}},
    {.name = "one pixel",
     .attributes = &(const lvk_global_average_pool_grad_attributes){1, 1},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 5}}},
     .outputs = {{LVK_F32, 4, {2, 1, 1, 5}}}},
    {.name = "three channels",
     .attributes = &(const lvk_global_average_pool_grad_attributes){5, 7},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 3}}},
     .outputs = {{LVK_F32, 4, {2, 5, 7, 3}}}},
    {.name = "four",
     .attributes = &(const lvk_global_average_pool_grad_attributes){3, 2},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {1, 4}}},
     .outputs = {{LVK_F32, 4, {1, 3, 2, 4}}}},
    {.name = "golden",
     .attributes = &(const lvk_global_average_pool_grad_attributes){5, 4},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {3, 7}}},
     .outputs = {{LVK_F32, 4, {3, 5, 4, 7}}}},
    {.name = "31",
     .attributes = &(const lvk_global_average_pool_grad_attributes){3, 3},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 31}}},
     .outputs = {{LVK_F32, 4, {2, 3, 3, 31}}}},
    {.name = "32",
     .attributes = &(const lvk_global_average_pool_grad_attributes){5, 6},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {3, 32}}},
     .outputs = {{LVK_F32, 4, {3, 5, 6, 32}}}},
    {.name = "33",
     .attributes = &(const lvk_global_average_pool_grad_attributes){2, 5},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 33}}},
     .outputs = {{LVK_F32, 4, {2, 2, 5, 33}}}},
    {.name = "ResNet50's last",
     .attributes = &(const lvk_global_average_pool_grad_attributes){7, 7},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {3, 2048}}},
     .outputs = {{LVK_F32, 4, {3, 7, 7, 2048}}}},
    {.name = "many pixels",
     .attributes = &(const lvk_global_average_pool_grad_attributes){61, 67},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 4}}},
     .outputs = {{LVK_F32, 4, {2, 61, 67, 4}}}},
    {.name = "more than 65,535 groups",
     .attributes = &(const lvk_global_average_pool_grad_attributes){4100, 4100},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {1, 1}}},
     .outputs = {{LVK_F32, 4, {1, 4100, 4100, 1}}},
     .large = true,
     .many_groups = true},
    {.name = "more than 65,535 groups of vectors",
     .attributes = &(const lvk_global_average_pool_grad_attributes){1450, 1450},
     .input_count = 1,
     .inputs = {{LVK_F32, 2, {2, 4}}},
     .outputs = {{LVK_F32, 4, {2, 1450, 1450, 4}}},
     .large = true,
     .many_groups = true},
};

const lvk_case_table lvk_cases_global_average_pool_grad = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .scaled = true,
    .tolerance = {LVK_SUM},
    .terms = terms,
    .draw = draw,
};
