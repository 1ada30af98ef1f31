#include <float.h>
#include <math.h>

#include "selftest/cases.h"

static const float slow[8] = {0.5F, 9, 9, 9, 9, 9, 9, 0.001F}, fast[8] = {[7] = 9.0F / 11};
static const float same[5] = {1.1F, -3e-7F, 0, 7e8F, 0.3F};

/* One rounding each of the difference, the product and the sum, and the reference's own. Where e and w are equal, none. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    (void)output;
    const double e = (double)((const float *)run->inputs[0])[element];
    const double w = (double)((const float *)run->inputs[1])[element];
    const double average = (double)((const float *)run->outputs[0])[element];
    const double rate = (double)((const float *)run->inputs[2])[7];
    if (e == w)
        return 0;
    return (double)FLT_EPSILON * (fabs(w - e) * rate + fabs(average)) + (double)FLT_MIN;
}

#define CASE(label, scalars, count)                                                                          \
    {                                                                                                        \
        .name = (label), .input_count = 3,                                                                   \
        .inputs = {{LVK_F32, 1, {count}}, {LVK_F32, 1, {count}}, {LVK_F32, 1, {8}}},                         \
        .outputs = {{LVK_F32, 1, {count}}}, .fill = {[2] = LVK_FILL_LISTED}, .listed = {                     \
            [2] = (scalars)                                                                                  \
        }                                                                                                    \
    }
static const lvk_case cases[] = {
    CASE("one", slow, 1),
    CASE("three", fast, 3),
    CASE("odd", slow, 41),
    CASE("whole groups", fast, 512),
    CASE("several", slow, 70003),
    {.name = "what does not change",
     .input_count = 3,
     .inputs = {{LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 1, {5}}},
     .fill = {[0] = LVK_FILL_LISTED, [1] = LVK_FILL_LISTED, [2] = LVK_FILL_LISTED},
     .listed = {[0] = same, [1] = same, [2] = fast}}};

const lvk_case_table lvk_cases_weight_average = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
};
