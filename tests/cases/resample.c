#include "ops/resample.h"
#include "selftest/cases.h"

#include <float.h>
#include <math.h>

#define IDENTITY {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}
/* Means and deviations of about a half and a quarter; blue, green, red, 0 to 255 less means. */
#define STANDARD {{4.1F, 0, 0, -2.05F}, {0, 3.7F, 0, -1.6F}, {0, 0, 5.3F, -2.9F}}
#define BGR      {{0, 0, 255, -103.939F}, {0, 255, 0, -116.779F}, {255, 0, 0, -123.68F}}
/* Brighter, more contrast and saturation; far out of 0..1, so that values are clamped. */
#define JITTER                                                                                               \
    {{1.21F, -0.07F, -0.02F, -0.05F}, {-0.04F, 1.19F, -0.02F, -0.05F}, {-0.04F, -0.08F, 1.31F, -0.05F}}
#define STRONG {{3, -1, -0.5F, -0.4F}, {-0.5F, 2.5F, -0.5F, 0.3F}, {0, -1, 2, 0.9F}}

/* Rows whose crops fit into 13 x 13 and whose tents need at most four taps: plain and flipped; turned and
 * smaller; enlarged and shifted beyond the edge; no crop at all; a quarter turn; all outside. */
enum { ROWS = 6 };
static const lvk_resampling rows[ROWS] = {
    {13, 1.4F, {{1.4F, 0}, {0, -1.4F}}, {6.5F, 6.5F}, IDENTITY, IDENTITY},
    {12, 1.9F, {{1.6454483F, -0.95F}, {0.95F, 1.6454483F}}, {6.25F, 5.5F}, JITTER, STANDARD},
    {9, 1, {{-0.41F, 0.3F}, {0.3F, 0.41F}}, {1.7F, 8.3F}, STRONG, BGR},
    {.side = 0},
    {5, 1, {{0, 0.9F}, {-0.9F, 0}}, {2.5F, 2.5F}, IDENTITY, STANDARD},
    {11, 1.25F, {{1.25F, 0}, {0, 1.25F}}, {-80, 90}, STRONG, STANDARD}};

/* As training has them: a crop of 300 pixels to 224, turned freely, with and without jitter. */
static const lvk_resampling crops[2] = {
    {300, 1.3392857F, {{0.9F, -0.9918F}, {0.9918F, 0.9F}}, {150, 150}, IDENTITY, STANDARD},
    {287, 1.5F, {{-0.7F, 1.3266F}, {1.3266F, 0.7F}}, {131.5F, 160.25F}, JITTER, STANDARD}};

static const lvk_resample_attributes one = {1, 4}, three = {3, 4}, odd = {7, 4}, even = {16, 5},
                                     wide = {9, 8}, large = {224, 3}, many = {300, 4};
static const lvk_resampling shrunk[1] = {
    {40, 3.9F, {{3.9F, 0.2F}, {-0.2F, 3.9F}}, {19, 21}, JITTER, STANDARD}};

#define CASE(title, option, images, largest, pixels, list, length)                                           \
    .name = (title), .attributes = &(option), .input_count = 2,                                              \
    .inputs = {{LVK_U8, 4, {images, largest, largest, 4}}, {LVK_F32, 2, {images, LVK_RESAMPLING_LENGTH}}},   \
    .outputs = {{LVK_F32, 4, {images, pixels, pixels, 3}}}, .fill = {LVK_FILL_WORDS, LVK_FILL_LISTED},       \
    .listed = {NULL, &(list)[0].side}, .listed_rows = (length)

static const lvk_case cases[] = {
    {CASE("one pixel", one, 1, 13, 1, rows, ROWS)},
    {CASE("three", three, 6, 13, 3, rows, ROWS)},
    {CASE("odd", odd, 7, 13, 7, rows, ROWS)},
    {CASE("room to spare", even, 6, 17, 16, rows, ROWS)},
    {CASE("shrunk to a quarter", wide, 2, 40, 9, shrunk, 1)},
    {CASE("crops", large, 2, 300, 224, crops, 2), .large = true},
    {CASE("more than 65,535 groups", many, 47, 13, 300, rows, ROWS), .large = true},
};

/* Points and first pixels are the same floats on both sides. With u = 2^-24, a weight 1 - |d| / r (d is
 * exact) of the kernel is off by at most 5 u (its reciprocal by 2.5 ulp); the weights along an axis are at
 * most 2 r + 1, and their sum at least 3/4 r, so that errors and roundings of a sum over them, 6 u a weight,
 * are at most 24 u of it: over and under the fraction, along two axes, 96 u of values in 0..1, and a few u
 * for division and scale. Colour maps are sums of four products; clamping enlarges no error. */
static double bound(const lvk_case_run *run, int output, uint64_t element) {
    (void)output;
    const double u = (double)FLT_EPSILON / 2, mean = 110 * u;
    const uint64_t n = element / lvk_type_row_count(&run->call->outputs[0]), c = element % 3;
    const lvk_resampling *row = (const lvk_resampling *)run->inputs[1] + n;
    double error = 6 * u * fabs((double)row->output[c][3]);
    for (int k = 0; k < 3; ++k) {
        double color = 0;
        for (int i = 0; i < 4; ++i)
            color += fabs((double)row->color[k][i]);
        error += fabs((double)row->output[c][k]) * (color * (mean + 6 * u) + 6 * u);
    }
    return error;
}

static void draw(const uint32_t *words, void *attributes, lvk_case *result) {
    const uint32_t images = 1 + words[0] % ROWS, side = 13 + words[1] % 8, output = 1 + words[2] % 20;
    lvk_resample_attributes *a = attributes;
    *a = (lvk_resample_attributes){output, 4 + words[3] % 4};
    *result = (lvk_case){
        .name = "drawn",
        .attributes = a,
        .input_count = 2,
        .inputs = {{LVK_U8, 4, {images, side, side, 4}}, {LVK_F32, 2, {images, LVK_RESAMPLING_LENGTH}}},
        .fill = {LVK_FILL_WORDS, LVK_FILL_LISTED},
        .listed = {NULL, &rows[words[4] % ROWS].side},
        .listed_rows = 1};
}

const lvk_case_table lvk_cases_resample = {
    .cases = cases,
    .count = sizeof cases / sizeof *cases,
    .tolerance = {LVK_BOUND},
    .bound = bound,
    .draw = draw,
};
