/* Crops and the one resampling, against slow statements in double. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "image/crop.h"
#include "image/resample.h"

#include <math.h>

/* A square of noise: the hardest picture for an interpolation. */
static lvk_image noise(uint32_t side, uint64_t seed) {
    lvk_image image = {.pixels = malloc((size_t)side * side * 3), .width = side, .height = side};
    const lvk_random_key key = {.seed = seed};
    for (uint32_t i = 0; i < side * side * 3; ++i)
        image.pixels[i] = (uint8_t)(lvk_random_word(&key, i) >> 24);
    return image;
}

/* resample.h's formula, pixel by pixel over the whole footprint, in double. */
static void slow_pixel(const lvk_image *in, const lvk_augment *a, uint32_t output, uint32_t i, uint32_t j,
                       double value[3]) {
    const double s = (double)in->width / output / exp((double)a->zoom), r = s > 1 ? s : 1,
                 half = in->width / 2.0;
    const double x = (a->flip_x ? -1 : 1) * (i + 0.5 - output / 2.0) * s;
    const double y = (a->flip_y ? -1 : 1) * (j + 0.5 - output / 2.0) * s;
    const double u = cos((double)a->angle) * x - sin((double)a->angle) * y + half + a->shift[0] * in->width,
                 v = sin((double)a->angle) * x + cos((double)a->angle) * y + half + a->shift[1] * in->width;
    double sum = 0;
    value[0] = value[1] = value[2] = 0;
    for (int py = (int)floor(v - r) - 1; py <= v + r + 1; ++py) {
        for (int px = (int)floor(u - r) - 1; px <= u + r + 1; ++px) {
            const double w = fmax(0, 1 - fabs(px + 0.5 - u) / r) * fmax(0, 1 - fabs(py + 0.5 - v) / r);
            sum += w;
            if (px < 0 || py < 0 || px >= (int)in->width || py >= (int)in->height)
                continue;
            for (int c = 0; c < 3; ++c)
                value[c] += w * in->pixels[(py * (int)in->width + px) * 3 + c] / 255;
        }
    }
    for (int c = 0; c < 3; ++c)
        value[c] /= sum;
}

/* The coordinates are floats of up to `side`, off by about 3 of their last places; a noise picture changes by
 * up to 1 in a pixel, along two axes. The sums add a few more 2^-24. */
static double bound(uint32_t side) {
    return 2 * 3 * side * 0x1p-24 + 16 * 0x1p-24;
}

Test(resample, equals_its_formula) {
    static const struct {
        uint32_t side, output;
        lvk_augment augment;
    } cases[] = {{300, 224, {0}},
                 {450, 224, {0}},
                 {100, 224, {0}},
                 {37, 32, {0}},
                 {33, 33, {0}},
                 {300, 224, {.flip_x = true, .angle = 0.7F}},
                 {300, 224, {.flip_y = true, .angle = 4.1F}},
                 {450, 224, {.flip_x = true, .flip_y = true, .angle = 3.0F}},
                 {120, 224, {.angle = 1.2F}},
                 {500, 128, {.flip_x = true, .angle = 5.9F}},
                 {300, 224, {.angle = 2.2F, .shift = {0.1F, -0.3F}}},
                 {300, 224, {.flip_x = true, .angle = 0.4F, .zoom = -0.4F}},
                 {300, 224, {.angle = 5, .shift = {-0.2F, 0.05F}, .zoom = 0.6F}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; ++k) {
        const uint32_t output = cases[k].output;
        lvk_image image = noise(cases[k].side, k);
        float *pixels = malloc((size_t)output * output * 3 * sizeof *pixels);
        cr_assert_eq(lvk_resample(&image, &cases[k].augment, output, pixels), LVK_OK);
        for (uint32_t j = 0; j < output; ++j) {
            for (uint32_t i = 0; i < output; ++i) {
                double value[3];
                slow_pixel(&image, &cases[k].augment, output, i, j, value);
                for (int c = 0; c < 3; ++c) {
                    const float got = pixels[(j * output + i) * 3 + (uint32_t)c];
                    cr_assert(fabs(got - value[c]) <= bound(cases[k].side),
                              "case %zu (%u, %u, %d): %.7f, not %.7f", k, i, j, c, got, value[c]);
                }
            }
        }
        free(pixels);
        lvk_image_finish(&image);
    }
}

enum { TURNED_SIDE = 150, TURNED_OUT = 112 };

/* Output (x, y) from the centre shows (xx x + xy y, yx x + yy y) of the plain picture. */
typedef struct mapping {
    int xx, xy, yx, yy;
} mapping;

static void check_turn(const lvk_image *image, const lvk_augment *augment, mapping expected,
                       const char *name) {
    static float plain[TURNED_OUT * TURNED_OUT * 3], turned[TURNED_OUT * TURNED_OUT * 3];
    const int out = TURNED_OUT;
    const lvk_augment none = {0};
    cr_assert_eq(lvk_resample(image, &none, TURNED_OUT, plain), LVK_OK);
    cr_assert_eq(lvk_resample(image, augment, TURNED_OUT, turned), LVK_OK);
    for (int y = 0; y < out; ++y) {
        for (int x = 0; x < out; ++x) {
            const int dx = 2 * x + 1 - out, dy = 2 * y + 1 - out;
            const int fx = (expected.xx * dx + expected.xy * dy + out - 1) / 2;
            const int fy = (expected.yx * dx + expected.yy * dy + out - 1) / 2;
            for (int c = 0; c < 3; ++c)
                cr_assert_float_eq(turned[(y * out + x) * 3 + c], plain[(fy * out + fx) * 3 + c],
                                   2 * bound(TURNED_SIDE), "%s (%d, %d)", name, x, y);
        }
    }
}

/* Flips and quarter turns of the augmentation are those of the finished picture. */
Test(resample, flips_and_quarter_turns) {
    static const struct {
        lvk_augment augment;
        mapping expected;
    } cases[] = {{{.flip_x = true}, {-1, 0, 0, 1}},
                 {{.flip_y = true}, {1, 0, 0, -1}},
                 {{.angle = 1.57079633F}, {0, -1, 1, 0}},
                 {{.angle = 3.14159265F}, {-1, 0, 0, -1}},
                 {{.angle = 4.71238898F}, {0, 1, -1, 0}}};
    lvk_image image = noise(TURNED_SIDE, 77);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; ++k) {
        char name[16];
        snprintf(name, sizeof name, "case %zu", k);
        check_turn(&image, &cases[k].augment, cases[k].expected, name);
    }
    lvk_image_finish(&image);
}

/* All eight ways in which a square can lie, each once. */
Test(resample, views) {
    static const mapping expected[LVK_VIEW_COUNT] = {{1, 0, 0, 1},  {0, -1, 1, 0}, {-1, 0, 0, -1},
                                                     {0, 1, -1, 0}, {-1, 0, 0, 1}, {0, -1, -1, 0},
                                                     {1, 0, 0, -1}, {0, 1, 1, 0}};
    lvk_image image = noise(TURNED_SIDE, 78);
    for (uint32_t view = 0; view < LVK_VIEW_COUNT; ++view) {
        const lvk_augment augment = lvk_augment_view(view);
        char name[16];
        snprintf(name, sizeof name, "view %u", view);
        check_turn(&image, &augment, expected[view], name);
    }
    lvk_image_finish(&image);
}

Test(resample, augmentation_is_drawn_by_key) {
    int flips[2] = {0, 0};
    double turn = 0;
    for (uint32_t sample = 0; sample < 4000; ++sample) {
        const lvk_augment a = lvk_augment_draw(NULL, 1, 2, sample),
                          again = lvk_augment_draw(NULL, 1, 2, sample);
        cr_assert(a.flip_x == again.flip_x && a.flip_y == again.flip_y && a.angle == again.angle);
        cr_assert(a.angle >= 0 && a.angle < 6.2831860F);
        flips[0] += a.flip_x;
        flips[1] += a.flip_y;
        turn += a.angle;
    }
    /* Five standard deviations: 5 sqrt(4000)/2 flips; the mean angle pi within 5 * 2 pi / sqrt(12 * 4000). */
    cr_assert(abs(flips[0] - 2000) < 159 && abs(flips[1] - 2000) < 159, "%d %d", flips[0], flips[1]);
    cr_assert_float_eq(turn / 4000, 3.14159, 0.144);
    const lvk_augment a = lvk_augment_draw(NULL, 1, 2, 3), b = lvk_augment_draw(NULL, 1, 3, 3),
                      c = lvk_augment_draw(NULL, 2, 2, 3);
    cr_assert(a.angle != b.angle && a.angle != c.angle);
    const lvk_random_key key = {1, 2, 3, LVK_PURPOSE_AUGMENT};
    cr_expect_eq(a.flip_x, lvk_random_word(&key, 0) >> 31);
    cr_expect_eq(a.flip_y, lvk_random_word(&key, 1) >> 31);
    cr_expect_float_eq(a.angle, lvk_random_uniform(&key, 2) * 6.2831853F, 1e-6);
}

/* Flips and angle do not depend on the strength; what it gives is uniform in its range. */
Test(resample, strength_leaves_flips_and_angle) {
    const lvk_augment_strength strength = {.shift = 0.25, .zoom = 1, .color = 0.5, .stain = 0.3};
    enum { DRAWS = 2000, VALUES = 15 };
    const double most[VALUES] = {0.25,  0.25, log(2), 0.5, 0.5, 0.5, 0.125, 0.125,
                                 0.125, 0.3,  0.3,    0.3, 0.3, 0.3, 0.3};
    double sum[VALUES] = {0}, largest[VALUES] = {0};
    for (uint32_t sample = 0; sample < DRAWS; ++sample) {
        const lvk_augment a = lvk_augment_draw(NULL, 5, 1, sample),
                          b = lvk_augment_draw(&strength, 5, 1, sample);
        const float none[VALUES] = {a.shift[0],   a.shift[1],   a.zoom,    a.brightness, a.contrast,
                                    a.saturation, a.gain[0],    a.gain[1], a.gain[2],    a.density[0],
                                    a.density[1], a.density[2], a.lamp[0], a.lamp[1],    a.lamp[2]};
        const float drawn[VALUES] = {b.shift[0],   b.shift[1],   b.zoom,    b.brightness, b.contrast,
                                     b.saturation, b.gain[0],    b.gain[1], b.gain[2],    b.density[0],
                                     b.density[1], b.density[2], b.lamp[0], b.lamp[1],    b.lamp[2]};
        cr_assert(a.flip_x == b.flip_x && a.flip_y == b.flip_y && a.angle == b.angle);
        for (int k = 0; k < VALUES; ++k) {
            cr_assert_eq(none[k], 0);
            cr_assert(fabs((double)drawn[k]) <= most[k] + 1e-7, "value %d: %g", k, (double)drawn[k]);
            sum[k] += (double)drawn[k];
            largest[k] = fmax(largest[k], fabs((double)drawn[k]));
        }
    }
    for (int k = 0; k < VALUES; ++k) { /* five standard deviations of the mean; a tail of 1 % seen */
        cr_expect(fabs(sum[k] / DRAWS) < 5 * most[k] / sqrt(3.0 * DRAWS), "value %d: mean %g", k,
                  sum[k] / DRAWS);
        cr_expect(largest[k] > 0.99 * most[k], "value %d: at most %g", k, largest[k]);
    }
}

/* A square of one colour, in its middle. */
static void expect_color(const uint8_t rgb[3], const lvk_augment *augment, const double expected[3]) {
    enum { WIDE = 40, OUT = 32 };
    lvk_image image = {.pixels = malloc((size_t)WIDE * WIDE * 3), .width = WIDE, .height = WIDE};
    static float pixels[OUT * OUT * 3];
    for (int i = 0; i < WIDE * WIDE * 3; ++i)
        image.pixels[i] = rgb[i % 3];
    cr_assert_eq(lvk_resample(&image, augment, OUT, pixels), LVK_OK);
    for (int c = 0; c < 3; ++c)
        cr_expect_float_eq(pixels[(OUT / 2 * OUT + OUT / 2) * 3 + c], expected[c], 1e-6, "channel %d", c);
    lvk_image_finish(&image);
}

/* By hand: (51, 102, 204) is (0.2, 0.4, 0.8), of grey 0.3858. */
Test(resample, known_colours) {
    static const struct {
        uint8_t rgb[3];
        lvk_augment augment;
        double expected[3];
    } cases[] = {{{51, 102, 204}, {0}, {0.2, 0.4, 0.8}},
                 {{51, 102, 204}, {.brightness = 0.25F}, {0.25, 0.5, 1}},
                 {{51, 102, 204}, {.brightness = 0.5F}, {0.3, 0.6, 1}}, /* 1.2: clamped */
                 {{51, 102, 204}, {.contrast = 0.5F}, {0.05, 0.35, 0.95}},
                 {{51, 102, 204}, {.contrast = -0.5F}, {0.35, 0.45, 0.65}},
                 {{0, 102, 204}, {.contrast = 0.5F}, {0, 0.35, 0.95}}, /* -0.25: clamped */
                 {{51, 102, 204}, {.saturation = -1}, {0.3858, 0.3858, 0.3858}},
                 {{51, 102, 204}, {.saturation = 0.5F}, {0.1071, 0.4071, 1}}, /* 1.0071: clamped */
                 {{51, 102, 204}, {.gain = {0.5F, 0, -0.25F}}, {0.3, 0.4, 0.6}},
                 /* brightness, then contrast: (0.4 - 0.5) 0.5 + 0.5 = 0.45, (0.8 - 0.5) 0.5 + 0.5 =
                    0.65, 1.05: clamped */
                 {{51, 102, 204}, {.brightness = 1, .contrast = -0.5F}, {0.45, 0.65, 1}},
                 /* optical densities: the tangent of exp(-d) v^s at 1/2 */
                 {{51, 102, 204},
                  {.density = {0.2F, 0.2F, 0.2F}, .lamp = {0.1F, 0.1F, 0.1F}},
                  {0.1102789, 0.2993286, 0.6774278}},
                 {{51, 102, 204},
                  {.density = {-0.2F, -0.2F, -0.2F}, .lamp = {-0.1F, -0.1F, -0.1F}},
                  {0.3300721, 0.5331934, 0.9394359}},
                 {{0, 0, 0}, {.density = {-0.3F, 0, 0.3F}, .lamp = {-0.3F, 0.3F, 0}}, {0, 0, 0}},
                 {{0, 0, 0}, {.brightness = 0.5F, .contrast = -0.5F, .gain = {0.1F, 0.1F, 0.1F}}, {0, 0, 0}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; ++k)
        expect_color(cases[k].rgb, &cases[k].augment, cases[k].expected);
}

static uint8_t at(const lvk_image *image, uint32_t x, uint32_t y) {
    return image->pixels[(y * image->width + x) * 3];
}

/* A black image with a filled rectangle. */
static lvk_image rectangle(uint32_t width, uint32_t height, uint32_t x, uint32_t y, uint32_t w, uint32_t h) {
    lvk_image image = {.pixels = calloc((size_t)width * height, 3), .width = width, .height = height};
    for (uint32_t j = y; j < y + h; ++j)
        for (uint32_t i = x; i < x + w; ++i)
            memset(image.pixels + (j * width + i) * 3, (int)(50 + (i + j) % 200), 3);
    return image;
}

Test(crop, crops) {
    static const struct {
        lvk_crop crop;
        uint32_t width, height, x, y, w, h; /* image and the rectangle in it */
        uint32_t side;                      /* expected */
        int32_t from_x, from_y;             /* source of the first pixel of the crop */
    } cases[] = {
        {{LVK_CROP_CENTER, 300}, 450, 450, 100, 90, 200, 210, 300, 75, 75},
        {{LVK_CROP_CENTER, 301}, 450, 450, 100, 90, 200, 210, 301, 74, 74},
        {{LVK_CROP_CENTER, 64}, 40, 50, 3, 4, 20, 20, 64, -12, -7},
        {{LVK_CROP_NONE, 0}, 80, 60, 10, 10, 40, 40, 80, 0, -10},
        {{LVK_CROP_BBOX, 0}, 100, 100, 20, 30, 40, 20, 40, 20, 20},
        {{LVK_CROP_BBOX, 0}, 100, 100, 0, 0, 10, 51, 51, -21, 0},
        {{LVK_CROP_BBOX, 0}, 100, 90, 0, 0, 0, 0, 100, 0, -5}, /* all black */
        {{LVK_CROP_NONE, 0}, 600, 600, 100, 100, 400, 400, 450, 75, 75},
        {{LVK_CROP_BBOX, 0}, 600, 600, 90, 90, 300, 200, 300, 90, 40}, /* row 40 is above the frame: black */
        {{LVK_CROP_NONE, 0}, 600, 600, 0, 0, 600, 600, 600, 0, 0}, /* no black corners: not a C-NMC cell */
        {{LVK_CROP_CENTER, 300}, 600, 600, 100, 100, 400, 400, 300, 150, 150},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; ++k) {
        lvk_image image =
            rectangle(cases[k].width, cases[k].height, cases[k].x, cases[k].y, cases[k].w, cases[k].h);
        lvk_image cropped;
        cr_assert_eq(lvk_crop_extract(&cases[k].crop, &image, 224, &cropped), LVK_OK);
        cr_assert(cropped.width == cases[k].side && cropped.height == cases[k].side, "case %zu: side %u", k,
                  cropped.width);
        for (uint32_t y = 0; y < cropped.height; ++y) {
            for (uint32_t x = 0; x < cropped.width; ++x) {
                const int64_t sx = cases[k].from_x + (int64_t)x, sy = cases[k].from_y + (int64_t)y;
                const int inside = sx >= 0 && sy >= 0 && sx < image.width && sy < image.height;
                cr_assert_eq(at(&cropped, x, y), inside ? at(&image, (uint32_t)sx, (uint32_t)sy) : 0,
                             "case %zu (%u, %u)", k, x, y);
            }
        }
        lvk_image_finish(&cropped);
        lvk_image_finish(&image);
    }
}

Test(crop, large_crops_are_averaged) {
    lvk_image image = {.pixels = malloc(1000 * 1000 * 3), .width = 1000, .height = 1000}, cropped;
    for (int i = 0; i < 1000 * 1000 * 3; ++i)
        image.pixels[i] = (uint8_t)(i / 3 % 1000 % 4 * 10); /* columns of 0, 10, 20, 30 */
    const lvk_crop none = {LVK_CROP_NONE, 0};
    cr_assert_eq(lvk_crop_extract(&none, &image, 125, &cropped), LVK_OK); /* k = 1000 / 250 = 4 */
    cr_assert_eq(cropped.width, 250);
    for (int i = 0; i < 250 * 250 * 3; ++i)
        cr_assert_eq(cropped.pixels[i], 15);
    lvk_image_finish(&cropped);
    cr_assert_eq(lvk_crop_extract(&none, &image, 250, &cropped), LVK_OK); /* exactly four times: as it is */
    cr_assert_eq(cropped.width, 1000);
    lvk_image_finish(&cropped);
    lvk_image_finish(&image);
}

Test(crop, words) {
    static const char *const good[] = {"center:300", "center:32", "center:8192", "bbox", "none"};
    static const char *const bad[] = {
        "",          "center:",   "center:0",    "center:31", "center:8193",
        "center:-5", "center:3x", "center: 300", "box",       "center:99999999999999999999",
        "NONE"};
    lvk_crop crop;
    char text[32];
    for (size_t i = 0; i < sizeof good / sizeof *good; ++i) {
        cr_assert_eq(lvk_crop_parse(good[i], &crop), LVK_OK);
        lvk_crop_format(&crop, text);
        cr_assert_str_eq(text, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i)
        cr_assert_eq(lvk_crop_parse(bad[i], &crop), LVK_ERROR_ARGUMENT, "'%s' accepted", bad[i]);
    cr_assert_eq(lvk_crop_parse("center", &crop), LVK_OK);
    cr_assert_eq(crop.side, 300);
}
