#include "ops/clip_norm.h"

#include <float.h>
#include <math.h>

#include "selftest/cases.h"

static const lvk_clip_norm_attributes norm1 = {1};
static const float within[1] = {0.81F}, at[1] = {1}, beyond[1] = {7.3F}, far[1] = {3e37F}, none[1] = {0};

/* A gradient that is clipped: Vulkan's root has 4.5 ulp (1 / inversesqrt) and its division 2.5, the product and the reference round
 * once each. A gradient within the norm: exact. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    (void)output;
    if (*(const float *)run->inputs[1] <= 1)
        return 0;
    const double expected = (double)((const float *)run->outputs[0])[element];
    return 8 * (double)FLT_EPSILON * fabs(expected) + (double)FLT_MIN;
}

#define CASE(label, squares, ...)                                                                            \
    {                                                                                                        \
        .name = (label), .attributes = &norm1, .input_count = 2,                                             \
        .inputs = {{LVK_F32, 1, {__VA_ARGS__}}, {LVK_F32, 1, {1}}},                                          \
        .outputs = {{LVK_F32, 1, {__VA_ARGS__}}}, .fill = {[1] = LVK_FILL_LISTED}, .listed = {               \
            [1] = (squares)                                                                                  \
        }                                                                                                    \
    }
static const lvk_case cases[] = {CASE("one", beyond, 1),
                                 CASE("three", beyond, 3),
                                 CASE("odd", far, 41),
                                 CASE("no gradient", none, 7),
                                 CASE("within", within, 37),
                                 CASE("just within", at, 512),
                                 CASE("several groups", beyond, 70003)};

const lvk_case_table lvk_cases_clip_norm = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
};
