#include "ops/batchnorm.h"
#include "selftest/cases.h"

#include <float.h>
#include <math.h>

static const lvk_batchnorm_attributes keras = {1e-3F}, torchvision = {1e-5F}, keras_resnet = {1.001e-5F};

static double epsilon_of(const lvk_case_run *run) {
    return (double)((const lvk_batchnorm_attributes *)run->call->attributes)->epsilon;
}

/* The error of each output, term by term.
 *
 * Mean: the sum has n roundings, and is at most n times the root of the mean of x². The factor 1 / n and the product with it round
 * once each.
 * Variance: the mean of (x - m)² is larger by off² where m is not the mean but differs from it by `off`. A square has twice the
 * half ulp of its difference, and the half ulp of its product. The sum, the factor and the product are as for the mean. The
 * reference has half an ulp of its own.
 * y: the argument of the root has the relative error `moved`; for such an error r, 1 / sqrt(1 - r) - 1 <= r / 2 / (1 - r). The
 * function inversesqrt has 2 ulps. The difference x - mean has the error of the mean and half an ulp. The scale, the product, the
 * sum and the reference have half an ulp each.
 * A thousandth is added for products of errors. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const uint64_t channels = run->call->inputs[1].dim[0], c = element % channels;
    const double n = (double)(lvk_type_count(&run->call->inputs[0]) / channels);
    const double mean = (double)((const float *)run->outputs[1])[c];
    const double variance = (double)((const float *)run->outputs[2])[c];
    const double eps = (double)FLT_EPSILON, sum = 2 * sqrt(n) * eps, least = 4 * (double)FLT_MIN;
    const double off = sum * sqrt(variance + mean * mean) + 1.5 * eps * fabs(mean) + least;
    if (output == 1)
        return 1.001 * off;
    const double wide = 1.001 * ((sum + 3 * eps) * variance + off * off + least);
    if (output == 2)
        return wide;
    const double shifted = variance + epsilon_of(run), moved = wide / shifted + 0.5 * eps;
    const double scale = fabs((double)((const float *)run->inputs[1])[c]) / sqrt(shifted);
    const double relative = moved / 2 / (1 - moved) + 2 * eps;
    const double centred = fabs((double)((const float *)run->inputs[0])[element] - mean);
    const double y = fabs((double)((const float *)run->outputs[0])[element]);
    return 1.001 * (scale * (centred * (relative + 1.5 * eps) + off) + eps * y + least);
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    *(lvk_batchnorm_attributes *)attributes = words[4] % 2 ? keras : keras_resnet;
    const lvk_type channels = lvk_type_1d(LVK_F32, 1 + words[0] % 70);
    *result = (lvk_case){.name = "drawn",
                         .attributes = attributes,
                         .input_count = 3,
                         .inputs = {lvk_type_4d(LVK_F32, 1 + words[1] % 3, 1 + words[2] % 9, 1 + words[3] % 9,
                                                channels.dim[0]),
                                    channels, channels}};
}

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}}},
    {.name = "two of a channel",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 1, 1, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {2, 1, 1, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}}},
    {.name = "golden",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}},
     .outputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}}},
    {.name = "epsilon 1e-5",
     .attributes = &torchvision,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}},
     .outputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}}},
    {.name = "epsilon 1.001e-5",
     .attributes = &keras_resnet,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}},
     .outputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}}},
    {.name = "features",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {9, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 2, {9, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}}},
    {.name = "three channels",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 5, 7, 3}}, {LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}},
     .outputs = {{LVK_F32, 4, {2, 5, 7, 3}}, {LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}}},
    {.name = "31",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {4, 31}}, {LVK_F32, 1, {31}}, {LVK_F32, 1, {31}}},
     .outputs = {{LVK_F32, 2, {4, 31}}, {LVK_F32, 1, {31}}, {LVK_F32, 1, {31}}}},
    {.name = "32",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 9, 11, 32}}, {LVK_F32, 1, {32}}, {LVK_F32, 1, {32}}},
     .outputs = {{LVK_F32, 4, {2, 9, 11, 32}}, {LVK_F32, 1, {32}}, {LVK_F32, 1, {32}}}},
    {.name = "33",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 4, 5, 33}}, {LVK_F32, 1, {33}}, {LVK_F32, 1, {33}}},
     .outputs = {{LVK_F32, 4, {2, 4, 5, 33}}, {LVK_F32, 1, {33}}, {LVK_F32, 1, {33}}}},
    {.name = "two passes",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 13, 17, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 4, {2, 13, 17, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}}},
    {.name = "two passes, five channels",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 11, 13, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {3, 11, 13, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}}},
    {.name = "three passes, one channel",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {20011, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {20011, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .large = true},
    {.name = "more than 65,535 groups",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {17, 1000003}}, {LVK_F32, 1, {1000003}}, {LVK_F32, 1, {1000003}}},
     .outputs = {{LVK_F32, 2, {17, 1000003}}, {LVK_F32, 1, {1000003}}, {LVK_F32, 1, {1000003}}},
     .large = true,
     .many_groups = true},
    {.name = "ResNet50's first",
     .attributes = &keras,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 112, 112, 64}}, {LVK_F32, 1, {64}}, {LVK_F32, 1, {64}}},
     .outputs = {{LVK_F32, 4, {2, 112, 112, 64}}, {LVK_F32, 1, {64}}, {LVK_F32, 1, {64}}},
     .large = true},
};

const lvk_case_table lvk_cases_batchnorm = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND, LVK_BOUND, LVK_BOUND},
    .bound = bound,
    .draw = draw,
    .differentiable = 7,
};
