#include "support/batchnorm_cases.h"

/* The mean's error m is that of a sum. Distances from a mean that is off by m have squares whose mean is off
 * by m² (the products with it sum up to nothing), beside the sum's rounding. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    const norm_channel c = norm_channel_of(run, element);
    const double mean = norm_at(run->outputs[1], c.channel), variance = norm_at(run->outputs[2], c.channel);
    const double rows = (double)c.rows, least = (double)FLT_MIN;
    const double mean_error = norm_sum_error(rows + 1, norm_size(&c, NULL, run->inputs[0], 0) / rows) + least;
    if (output == 1)
        return mean_error;
    const double variance_error =
        mean_error * mean_error + norm_sum_error(rows + 4, variance) + norm_unit * variance + least;
    if (output == 2)
        return variance_error;
    const double gamma = norm_at(run->inputs[1], c.channel), beta = norm_at(run->inputs[2], c.channel);
    const double deviation = sqrt(variance + c.epsilon), scale = gamma / deviation;
    /* the variance's error through 1 / sqrt, whose slope is largest at the smallest variance that there can
     * be */
    const double smallest = sqrt(fmax(variance - variance_error, 0) + c.epsilon);
    const double scale_error =
        fabs(scale) * norm_scale_error + fabs(gamma) * variance_error / (2 * smallest * smallest * smallest);
    return norm_apply_error(norm_at(run->inputs[0], element) - mean, scale, beta, mean_error, scale_error);
}

static void draw(const uint32_t *words, void *memory, lvk_case *result) {
    lvk_batchnorm_attributes *drawn = memory;
    *drawn = (lvk_batchnorm_attributes){words[4] % 2 ? 1e-3F : 1e-5F};
    const lvk_type channels = lvk_type_1d(LVK_F32, 1 + words[0] % 40);
    const lvk_type type =
        lvk_type_4d(LVK_F32, 1 + words[1] % 3, 1 + words[2] % 9, 1 + words[3] % 9, channels.dim[0]);
    *result = (lvk_case){
        .name = "drawn", .attributes = drawn, .input_count = 3, .inputs = {type, channels, channels}};
}

static const lvk_batchnorm_attributes attributes = {1e-3F};

static const lvk_case cases[] = {
    {.name = "one",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {1, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}}},
    {.name = "one row",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {1, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 2, {1, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}}},
    {.name = "three rows",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {3, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {3, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}}},
    {.name = "four channels",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 3, 3, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}},
     .outputs = {{LVK_F32, 4, {2, 3, 3, 4}}, {LVK_F32, 1, {4}}, {LVK_F32, 1, {4}}}},
    {.name = "31",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 5, 7, 31}}, {LVK_F32, 1, {31}}, {LVK_F32, 1, {31}}},
     .outputs = {{LVK_F32, 4, {2, 5, 7, 31}}, {LVK_F32, 1, {31}}, {LVK_F32, 1, {31}}}},
    {.name = "32",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 9, 11, 32}}, {LVK_F32, 1, {32}}, {LVK_F32, 1, {32}}},
     .outputs = {{LVK_F32, 4, {2, 9, 11, 32}}, {LVK_F32, 1, {32}}, {LVK_F32, 1, {32}}}},
    {.name = "33",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 3, 9, 33}}, {LVK_F32, 1, {33}}, {LVK_F32, 1, {33}}},
     .outputs = {{LVK_F32, 4, {2, 3, 9, 33}}, {LVK_F32, 1, {33}}, {LVK_F32, 1, {33}}}},
    {.name = "rows of a dense layer",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {8, 70}}, {LVK_F32, 1, {70}}, {LVK_F32, 1, {70}}},
     .outputs = {{LVK_F32, 2, {8, 70}}, {LVK_F32, 1, {70}}, {LVK_F32, 1, {70}}}},
    {.name = "odd image",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {3, 13, 17, 8}}, {LVK_F32, 1, {8}}, {LVK_F32, 1, {8}}},
     .outputs = {{LVK_F32, 4, {3, 13, 17, 8}}, {LVK_F32, 1, {8}}, {LVK_F32, 1, {8}}}},
    {.name = "two passes, five channels",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 31, 29, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}},
     .outputs = {{LVK_F32, 4, {2, 31, 29, 5}}, {LVK_F32, 1, {5}}, {LVK_F32, 1, {5}}}},
    {.name = "three passes, one channel",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 2, {20011, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .outputs = {{LVK_F32, 2, {20011, 1}}, {LVK_F32, 1, {1}}, {LVK_F32, 1, {1}}},
     .large = true},
    {.name = "resnet block",
     .attributes = &attributes,
     .input_count = 3,
     .inputs = {{LVK_F32, 4, {2, 14, 14, 256}}, {LVK_F32, 1, {256}}, {LVK_F32, 1, {256}}},
     .outputs = {{LVK_F32, 4, {2, 14, 14, 256}}, {LVK_F32, 1, {256}}, {LVK_F32, 1, {256}}},
     .large = true},
    {.name = "first layer of resnet50",
     .attributes = &attributes,
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
