#include <float.h>
#include <math.h>

#include "ops/moving_average.h"
#include "selftest/cases.h"

static const lvk_moving_average_attributes keras = {0.99F, 1}, unbiased = {0.9F, 98.0F / 97.0F},
                                           still = {1, 1};

/* Each product and the sum round, 1 - decay and its product with the scale once more, and so the reference's.
 */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    (void)output;
    const lvk_moving_average_attributes *a = run->call->attributes;
    const double average = (double)((const float *)run->inputs[0])[element];
    const double value = (double)((const float *)run->inputs[1])[element];
    const double kept = fabs((double)a->decay * average),
                 added = fabs((1 - (double)a->decay) * (double)a->scale * value);
    return (double)FLT_EPSILON * (1.5 * kept + 2.5 * added) + (double)FLT_MIN;
}

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &keras,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 1, {1}}}},
    {.name = "a norm",
     .attributes = &keras,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {64}}, {LVK_F32, 1, {64}}},
     .outputs = {{LVK_F32, 1, {64}}}},
    {.name = "odd",
     .attributes = &unbiased,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {67}}, {LVK_F32, 1, {67}}},
     .outputs = {{LVK_F32, 1, {67}}}},
    {.name = "nothing moves",
     .attributes = &still,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {41}}, {LVK_F32, 1, {41}}},
     .outputs = {{LVK_F32, 1, {41}}}},
    {.name = "several groups",
     .attributes = &unbiased,
     .input_count = 2,
     .inputs = {{LVK_F32, 1, {70003}}, {LVK_F32, 1, {70003}}},
     .outputs = {{LVK_F32, 1, {70003}}}},
};

const lvk_case_table lvk_cases_moving_average = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
};
