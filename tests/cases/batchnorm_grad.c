#include "support/batchnorm_cases.h"

/* dx = s (dy - dbeta / M - (x - mean) r² dgamma' ...): the errors of its three terms, each with its factors'
 * and the sums' own. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const norm_channel c = norm_channel_of(run, element);
    const void *x = run->inputs[0], *dy = run->inputs[1];
    const double mean = norm_at(run->inputs[3], c.channel), variance = norm_at(run->inputs[4], c.channel);
    const double rows = (double)c.rows, least = (double)FLT_MIN;
    const double beta_error = norm_sum_error(rows, norm_size(&c, NULL, dy, 0)) + least;
    if (output == 2)
        return beta_error;
    const double gamma_error = norm_gamma_error(&c, dy, x, mean, variance);
    if (output == 1)
        return gamma_error;
    const double deviation = sqrt(variance + c.epsilon),
                 scale = fabs(norm_at(run->inputs[2], c.channel)) / deviation;
    const double distance = fabs(norm_at(x, element) - mean);
    const double first = fabs(norm_at(dy, element)) * scale;
    const double slope = distance * scale / (deviation * rows), share = scale / rows;
    const double dgamma = fabs(norm_at(run->outputs[1], c.channel)),
                 dbeta = fabs(norm_at(run->outputs[2], c.channel));
    /* each factor once or twice, two products, a difference and the sum of three */
    return (norm_scale_error + 4 * norm_unit) * (first + 2 * slope * dgamma + share * dbeta) +
           slope * gamma_error + share * beta_error + least;
}

static void draw(const uint32_t *words, void *memory, lvk_case *result) {
    lvk_batchnorm_attributes *drawn = memory;
    *drawn = (lvk_batchnorm_attributes){words[4] % 2 ? 1e-3F : 1e-5F};
    const lvk_type channels = lvk_type_1d(LVK_F32, 1 + words[0] % 40);
    const lvk_type type =
        lvk_type_4d(LVK_F32, 1 + words[1] % 3, 1 + words[2] % 9, 1 + words[3] % 9, channels.dim[0]);
    *result = (lvk_case){.name = "drawn",
                         .attributes = drawn,
                         .input_count = 5,
                         .inputs = {type, type, channels, channels, channels},
                         .fill = {[4] = LVK_FILL_POSITIVE}};
}

static const lvk_batchnorm_attributes attributes = {1e-3F};

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 2, {1, 1}},
                {LVK_F32, 2, {1, 1}},
                {LVK_F32, 1, {1}},
                {LVK_F32, 1, {1}},
                {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "one row",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 2, {1, 5}},
                {LVK_F32, 2, {1, 5}},
                {LVK_F32, 1, {5}},
                {LVK_F32, 1, {5}},
                {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 2, {1, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "three rows",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 2, {3, 1}},
                {LVK_F32, 2, {3, 1}},
                {LVK_F32, 1, {1}},
                {LVK_F32, 1, {1}},
                {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {3, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "four channels",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 3, 3, 4}},
                {LVK_F32, 4, {2, 3, 3, 4}},
                {LVK_F32, 1, {4}},
                {LVK_F32, 1, {4}},
                {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 4, {2, 3, 3, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "31",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 5, 7, 31}},
                {LVK_F32, 4, {2, 5, 7, 31}},
                {LVK_F32, 1, {31}},
                {LVK_F32, 1, {31}},
                {LVK_F32, 1, {31}}},
     .outputs = {{LVK_F32, 4, {2, 5, 7, 31}}, {LVK_F32, 1, {31}}, {LVK_F32, 1, {31}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "32",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 9, 11, 32}},
                {LVK_F32, 4, {2, 9, 11, 32}},
                {LVK_F32, 1, {32}},
                {LVK_F32, 1, {32}},
                {LVK_F32, 1, {32}}},
     .outputs = {{LVK_F32, 4, {2, 9, 11, 32}}, {LVK_F32, 1, {32}}, {LVK_F32, 1, {32}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "33",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 3, 9, 33}},
                {LVK_F32, 4, {2, 3, 9, 33}},
                {LVK_F32, 1, {33}},
                {LVK_F32, 1, {33}},
                {LVK_F32, 1, {33}}},
     .outputs = {{LVK_F32, 4, {2, 3, 9, 33}}, {LVK_F32, 1, {33}}, {LVK_F32, 1, {33}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "rows of a dense layer",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 2, {8, 70}},
                {LVK_F32, 2, {8, 70}},
                {LVK_F32, 1, {70}},
                {LVK_F32, 1, {70}},
                {LVK_F32, 1, {70}}},
     .outputs = {{LVK_F32, 2, {8, 70}}, {LVK_F32, 1, {70}}, {LVK_F32, 1, {70}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "odd image",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {3, 13, 17, 8}},
                {LVK_F32, 4, {3, 13, 17, 8}},
                {LVK_F32, 1, {8}},
                {LVK_F32, 1, {8}},
                {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 4, {3, 13, 17, 8}}, {LVK_F32, 1, {8}}, {LVK_F32, 1, {8}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "two passes, five channels",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 31, 29, 5}},
                {LVK_F32, 4, {2, 31, 29, 5}},
                {LVK_F32, 1, {5}},
                {LVK_F32, 1, {5}},
                {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {2, 31, 29, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "three passes, one channel",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 2, {20011, 1}},
                {LVK_F32, 2, {20011, 1}},
                {LVK_F32, 1, {1}},
                {LVK_F32, 1, {1}},
                {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {20011, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "resnet block",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 14, 14, 256}},
                {LVK_F32, 4, {2, 14, 14, 256}},
                {LVK_F32, 1, {256}},
                {LVK_F32, 1, {256}},
                {LVK_F32, 1, {256}}},
     .outputs = {{LVK_F32, 4, {2, 14, 14, 256}}, {LVK_F32, 1, {256}}, {LVK_F32, 1, {256}}},
     .fill = {[4] = LVK_FILL_POSITIVE}},
    {.name = "first layer of resnet50",
     .attributes = &attributes,
     .input_count = 5,
     .inputs = {{LVK_F32, 4, {2, 112, 112, 64}},
                {LVK_F32, 4, {2, 112, 112, 64}},
                {LVK_F32, 1, {64}},
                {LVK_F32, 1, {64}},
                {LVK_F32, 1, {64}}},
     .outputs = {{LVK_F32, 4, {2, 112, 112, 64}}, {LVK_F32, 1, {64}}, {LVK_F32, 1, {64}}},
     .fill = {[4] = LVK_FILL_POSITIVE},
     .large = true},
};

const lvk_case_table lvk_cases_batchnorm_grad = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND, LVK_BOUND, LVK_BOUND},
    .bound = bound,
    .draw = draw,
};
