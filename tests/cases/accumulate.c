#include <float.h>
#include <math.h>

#include "selftest/cases.h"

static const float first[8] = {0, 0.25F}, later[8] = {1, 1.0F / 3}, alone[8] = {0, 1};
static const float stale[7] = {NAN, INFINITY, -INFINITY, 1, 2, 3, NAN};

/* One rounding of the product, one of the sum, and the reference's own. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    (void)output;
    const double g = (double)((const float *)run->inputs[1])[element];
    const double sum = (double)((const float *)run->outputs[0])[element];
    const double scale = (double)((const float *)run->inputs[2])[1];
    return (double)FLT_EPSILON * (fabs(scale * g) + fabs(sum)) + (double)FLT_MIN;
}

#define CASE(label, scalars, count)                                                                          \
    {                                                                                                        \
        .name = (label), .input_count = 3,                                                                   \
        .inputs = {{LVK_F32, 1, {count}}, {LVK_F32, 1, {count}}, {LVK_F32, 1, {8}}},                         \
        .outputs = {{LVK_F32, 1, {count}}}, .fill = {[2] = LVK_FILL_LISTED}, .listed = {                     \
            [2] = (scalars)                                                                                  \
        }                                                                                                    \
    }
static const lvk_case cases[] = {CASE("one", later, 1),
                                 CASE("three, the first", first, 3),
                                 CASE("odd", later, 41),
                                 CASE("alone", alone, 512),
                                 CASE("several groups", later, 70003),
                                 {.name = "over what is stale",
                                  .input_count = 3,
                                  .inputs = {{LVK_F32, 1, {7}}, {LVK_F32, 1, {7}}, {LVK_F32, 1, {8}}},
                                  .outputs = {{LVK_F32, 1, {7}}},
                                  .fill = {[0] = LVK_FILL_LISTED, [2] = LVK_FILL_LISTED},
                                  .listed = {[0] = stale, [2] = first}}};

const lvk_case_table lvk_cases_accumulate = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
};
