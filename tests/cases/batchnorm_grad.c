#include "ops/batchnorm.h"
#include "selftest/cases.h"

#include <float.h>
#include <math.h>

static const lvk_batchnorm_attributes keras = {1e-3F}, torchvision = {1e-5F}, keras_resnet = {1.001e-5F};

/* Variances so small that a result shows whether a kernel adds an epsilon which is wrong by a thousandth. */
static const float small_variances[] = {0, 1e-7F, 1e-6F, 1e-5F, 2e-5F, 1e-3F};

static double epsilon_of(const lvk_case_run *run) {
    return (double)((const lvk_batchnorm_attributes *)run->call->attributes)->epsilon;
}

typedef struct channel {
    double n, s, mean, gamma, sum, moment; /* moment: of dy (x - mean) */
    double sum_error, moment_error;
} channel;

/* Each sum has n roundings. The terms of the second sum have one ulp of their own. */
static channel sum_channel(const lvk_case_run *run, uint64_t c) {
    const float *dy = run->inputs[0], *x = run->inputs[1];
    const uint64_t channels = run->call->inputs[2].dim[0], count = lvk_type_count(&run->call->inputs[0]);
    channel k = {.n = (double)(count / channels),
                 .s = 1 / sqrt((double)((const float *)run->inputs[4])[c] + epsilon_of(run)),
                 .mean = (double)((const float *)run->inputs[3])[c],
                 .gamma = (double)((const float *)run->inputs[2])[c]};
    double sum_size = 0, moment_size = 0;
    for (uint64_t i = c; i < count; i += channels) {
        const double term = (double)dy[i] * ((double)x[i] - k.mean);
        k.sum += (double)dy[i];
        k.moment += term;
        sum_size += fabs((double)dy[i]);
        moment_size += fabs(term);
    }
    const double roundings = 2 * sqrt(k.n) * (double)FLT_EPSILON, least = k.n * (double)FLT_MIN;
    k.sum_error = roundings * sum_size + least;
    k.moment_error = (roundings + (double)FLT_EPSILON) * moment_size + least;
    return k;
}

/* The error of each output, term by term.
 *
 * s = 1 / sqrt(variance + epsilon) has half an ulp of the sum, which the root halves, and the 2 ulps of inversesqrt: `root`.
 * dgamma has the error of a product and half an ulp of the reference.
 * dx: slope = s s (moment / n) has three products and the rounded factor 1 / n; offset = sum / n has two roundings. Each operation
 * of (dy - offset) - slope (x - mean) adds half an ulp. So do the product gamma s, the last product, and the reference.
 * A thousandth is added for products of errors. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const channel k = sum_channel(run, element % run->call->inputs[2].dim[0]);
    const double eps = (double)FLT_EPSILON, root = 2.25 * eps, least = 4 * (double)FLT_MIN;
    if (output == 2)
        return k.sum_error + eps * fabs(k.sum);
    if (output == 1)
        return 1.001 * k.s * (k.moment_error + fabs(k.moment) * (root + eps)) + least;
    const double x = (double)((const float *)run->inputs[1])[element],
                 dy = (double)((const float *)run->inputs[0])[element];
    const double slope = fabs(k.s * k.s * k.moment / k.n), offset = fabs(k.sum / k.n);
    const double slope_error = k.s * k.s * k.moment_error / k.n + slope * (2 * root + 2 * eps);
    const double offset_error = k.sum_error / k.n + eps * offset;
    const double centred = fabs(x - k.mean), size = fabs(dy) + offset + slope * centred;
    const double inner = offset_error + centred * slope_error + slope * centred * eps + eps * size;
    return 1.001 * fabs(k.gamma) * k.s * (inner + size * (root + 1.5 * eps) + least) + least;
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    *(lvk_batchnorm_attributes *)attributes = words[4] % 2 ? keras : keras_resnet;
    const lvk_type channels = lvk_type_1d(LVK_F32, 1 + words[0] % 70);
    const lvk_type x =
        lvk_type_4d(LVK_F32, 1 + words[1] % 3, 1 + words[2] % 9, 1 + words[3] % 9, channels.dim[0]);
    *result = (lvk_case){.name = "drawn",
                         .attributes = attributes,
                         .input_count = 5,
                         .inputs = {x, x, channels, channels, channels},
                         .fill = {[4] = LVK_FILL_POSITIVE}};
}

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 2, {1, 1}},
                {LVK_F32, 2, {1, 1}},
                {LVK_F32, 1, {1}},
                {LVK_F32, 1, {1}},
                {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "two of a channel",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 1, 1, 5}},
                {LVK_F32, 4, {2, 1, 1, 5}},
                {LVK_F32, 1, {5}},
                {LVK_F32, 1, {5}},
                {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {2, 1, 1, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "golden",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {3, 5, 4, 6}},
                {LVK_F32, 4, {3, 5, 4, 6}},
                {LVK_F32, 1, {6}},
                {LVK_F32, 1, {6}},
                {LVK_F32, 1, {6}}},
     .outputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "epsilon 1e-5",
     .attributes = &torchvision,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {3, 5, 4, 6}},
                {LVK_F32, 4, {3, 5, 4, 6}},
                {LVK_F32, 1, {6}},
                {LVK_F32, 1, {6}},
                {LVK_F32, 1, {6}}},
     .outputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}},
     .fill = {[4] = LVK_FILL_LISTED},
     .listed = {[4] = small_variances}},
    {.name = "epsilon 1.001e-5",
     .attributes = &keras_resnet,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {3, 5, 4, 6}},
                {LVK_F32, 4, {3, 5, 4, 6}},
                {LVK_F32, 1, {6}},
                {LVK_F32, 1, {6}},
                {LVK_F32, 1, {6}}},
     .outputs = {{LVK_F32, 4, {3, 5, 4, 6}}, {LVK_F32, 1, {6}}, {LVK_F32, 1, {6}}},
     .fill = {[4] = LVK_FILL_LISTED},
     .listed = {[4] = small_variances}},
    {.name = "features",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 2, {9, 4}},
                {LVK_F32, 2, {9, 4}},
                {LVK_F32, 1, {4}},
                {LVK_F32, 1, {4}},
                {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 2, {9, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "three channels",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 5, 7, 3}},
                {LVK_F32, 4, {2, 5, 7, 3}},
                {LVK_F32, 1, {3}},
                {LVK_F32, 1, {3}},
                {LVK_F32, 1, {3}}},
     .outputs = {{LVK_F32, 4, {2, 5, 7, 3}}, {LVK_F32, 1, {3}}, {LVK_F32, 1, {3}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "31",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 2, {4, 31}},
                {LVK_F32, 2, {4, 31}},
                {LVK_F32, 1, {31}},
                {LVK_F32, 1, {31}},
                {LVK_F32, 1, {31}}},
     .outputs = {{LVK_F32, 2, {4, 31}}, {LVK_F32, 1, {31}}, {LVK_F32, 1, {31}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "32",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 9, 11, 32}},
                {LVK_F32, 4, {2, 9, 11, 32}},
                {LVK_F32, 1, {32}},
                {LVK_F32, 1, {32}},
                {LVK_F32, 1, {32}}},
     .outputs = {{LVK_F32, 4, {2, 9, 11, 32}}, {LVK_F32, 1, {32}}, {LVK_F32, 1, {32}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "33",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 4, 5, 33}},
                {LVK_F32, 4, {2, 4, 5, 33}},
                {LVK_F32, 1, {33}},
                {LVK_F32, 1, {33}},
                {LVK_F32, 1, {33}}},
     .outputs = {{LVK_F32, 4, {2, 4, 5, 33}}, {LVK_F32, 1, {33}}, {LVK_F32, 1, {33}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "two passes",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 13, 17, 4}},
                {LVK_F32, 4, {2, 13, 17, 4}},
                {LVK_F32, 1, {4}},
                {LVK_F32, 1, {4}},
                {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 4, {2, 13, 17, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "two passes, five channels",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {3, 11, 13, 5}},
                {LVK_F32, 4, {3, 11, 13, 5}},
                {LVK_F32, 1, {5}},
                {LVK_F32, 1, {5}},
                {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {3, 11, 13, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "three passes, one channel",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 2, {20011, 1}},
                {LVK_F32, 2, {20011, 1}},
                {LVK_F32, 1, {1}},
                {LVK_F32, 1, {1}},
                {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {20011, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .fill = {[4] = LVK_FILL_POSITIVE},
     .large = true},
    {.name = "more than 65,535 groups",
     .attributes = &keras,
     .input_count = 5,
     .inputs = {{LVK_F32, 2, {17, 1000003}},
                {LVK_F32, 2, {17, 1000003}},
                {LVK_F32, 1, {1000003}},
                {LVK_F32, 1, {1000003}},
                {LVK_F32, 1, {1000003}}},
     .outputs = {{LVK_F32, 2, {17, 1000003}}, {LVK_F32, 1, {1000003}}, {LVK_F32, 1, {1000003}}},
     .fill = {[4] = LVK_FILL_POSITIVE},
     .large = true,
     .many_groups = true},
};

const lvk_case_table lvk_cases_batchnorm_grad = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND, LVK_BOUND, LVK_BOUND},
    .bound = bound,
    .draw = draw,
};
