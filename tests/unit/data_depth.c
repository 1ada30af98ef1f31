/* Samples of 16 bits: which of their bits hold the picture, in PNG and TIFF. */
#define _XOPEN_SOURCE 700
#include "support/png.h"
#include "support/tiff.h"
#include "support/tree.h"

#include "decode/depth.h"

TestSuite(depth, .init = tree_create, .fini = tree_remove);

enum { SIDE = 48, PIXELS = SIDE * SIDE };

static lvk_image image;
static uint32_t scale, shift; /* of the samples below */

/* A byte of the picture, 255 among them, as a sample. */
static uint32_t sample_of(const tiff_page *page, uint32_t x, uint32_t y, uint32_t s) {
    (void)page;
    return ((x * 5 + y * 3 + s * 40) % 256 * scale) << shift;
}

static uint8_t byte_at(uint32_t i, uint32_t s) {
    return (uint8_t)((i % SIDE * 5 + i / SIDE * 3 + s * 40) % 256);
}

/* A PNG of 16-bit samples; sBIT with `told` for each colour, 0: without. */
static bytes make_deep(uint32_t channels, uint8_t told, uint32_t alpha) {
    const uint8_t bits[4] = {told, told, told, told};
    const size_t row = 1 + (size_t)SIDE * channels * 2;
    uint8_t *rows = calloc(SIDE, row);
    for (uint32_t y = 0; y < SIDE; ++y)
        for (uint32_t x = 0; x < SIDE; ++x)
            for (uint32_t s = 0; s < channels; ++s) {
                const bool is_alpha = channels % 2 == 0 && s == channels - 1;
                const uint32_t value = is_alpha ? alpha : sample_of(NULL, x, y, channels < 3 ? 0 : s);
                uint8_t *at = rows + y * row + 1 + ((size_t)x * channels + s) * 2;
                at[0] = (uint8_t)(value >> 8);
                at[1] = (uint8_t)value;
            }
    static const uint8_t types[] = {0, 0, 4, 2, 6};
    const picture p = {.width = SIDE,
                       .height = SIDE,
                       .bits = 16,
                       .type = types[channels],
                       .rows = rows,
                       .row_size = SIDE * row,
                       .further = told ? "sBIT" : NULL,
                       .content = bits,
                       .content_size = channels};
    const bytes file = make_png(&p);
    free(rows);
    return file;
}

/* Whether the picture is that of byte_at(), shifted down by `dark` bits. */
static void expect_picture(uint32_t channels, unsigned bits, bool told, unsigned dark, const char *what) {
    cr_expect(image.bits == bits && image.bits_told == told, "%s: %u bits, told: %d", what, image.bits,
              image.bits_told);
    for (uint32_t i = 0; i < PIXELS * 3; ++i) {
        const uint8_t expected = (uint8_t)(byte_at(i / 3, channels < 3 ? 0 : i % 3) >> dark);
        cr_assert_eq(image.pixels[i], expected, "%s: byte %u is %u, not %u", what, i, image.pixels[i],
                     expected);
    }
    lvk_image_finish(&image);
}

static void expect_png(uint32_t channels, uint8_t told_bits, uint32_t alpha, unsigned bits, unsigned dark) {
    char what[80];
    snprintf(what, sizeof what, "PNG: %u channels, scale %u << %u, sBIT %u", channels, scale, shift,
             told_bits);
    bytes file = make_deep(channels, told_bits, alpha);
    cr_assert_eq(lvk_image_decode("x.png", file.data, file.size, &image), LVK_OK, "%s: %s", what,
                 lvk_error_message());
    expect_picture(channels, bits, told_bits > 0, dark, what);
    free(file.data);
}

/* Cameras of 8 to 14 bits, and the whole range of 16: the same picture. */
Test(depth, png_by_range) {
    static const uint32_t greatest[] = {255, 1023, 4095, 16383, 65535};
    for (uint32_t b = 0; b < 5; ++b)
        for (uint32_t channels = 1; channels <= 4; ++channels) {
            scale = 1;
            shift = 2 * b;
            const uint32_t opaque = channels == 2 || channels == 4 ? greatest[b] : 0;
            expect_png(channels, 0, opaque, 8 + 2 * b, 0);
            expect_png(channels, 0, 65535, 8 + 2 * b, 0); /* opaque as a file says it, not a camera */
        }
}

/* sBIT holds where no sample exceeds it; PNG asks for samples that are scaled to 16 bits all the same. */
Test(depth, png_as_told) {
    scale = 1;
    shift = 3;
    expect_png(3, 11, 0, 11, 0);
    expect_png(1, 12, 0, 12, 1); /* a dark picture of a camera of 12 bits */
    shift = 4;
    expect_png(3, 16, 0, 16, 4); /* a dark picture of 16 bits, which says so */
    shift = 8;
    expect_png(3, 12, 0, 16, 0);
    expect_png(4, 8, 65535, 16, 0);
}

static void expect_tiff(uint16_t greatest, bool planes, unsigned bits, unsigned dark) {
    char what[80];
    const tiff_page page = {.width = SIDE,
                            .height = SIDE,
                            .bits = 16,
                            .samples = 3,
                            .photometric = PHOTOMETRIC_RGB,
                            .planes = planes,
                            .compression = COMPRESSION_LZW,
                            .greatest = greatest,
                            .sample = sample_of};
    snprintf(what, sizeof what, "TIFF: scale %u << %u, MaxSampleValue %u", scale, shift, greatest);
    tiff_write(tree_path("x.tif"), planes ? "wb" : "w", &page, 1);
    cr_assert_eq(lvk_image_read(tree_path("x.tif"), &image), LVK_OK, "%s: %s", what, lvk_error_message());
    expect_picture(3, bits, greatest > 0, dark, what);
}

Test(depth, tiff) {
    scale = 1;
    for (int planes = 0; planes < 2; ++planes) {
        for (shift = 0; shift <= 8; shift += 2)
            expect_tiff(0, planes, 8 + shift, 0);
        shift = 3;
        expect_tiff(2047, planes, 11, 0);
        expect_tiff(4095, planes, 12, 1);
        expect_tiff(2040, planes, 12, 1); /* the picture's own greatest sample */
        expect_tiff(65535, planes, 16, 5);
        expect_tiff(255, planes, 16, 5); /* less than the samples hold */
    }
}

/* The same samples give the same bits, whatever is beside the file. A black picture says nothing. */
Test(depth, decision) {
    static const struct {
        unsigned told;
        lvk_depth_range greatest;
        uint8_t colour, alpha;
    } cases[] = {
        {0, {0, 0}, 16, 16},      {0, {1, 0}, 8, 8},       {0, {255, 65535}, 8, 16},
        {0, {256, 1023}, 10, 10}, {0, {1024, 0}, 12, 12},  {0, {4095, 4096}, 12, 16},
        {0, {4096, 0}, 14, 14},   {0, {16384, 0}, 16, 16}, {12, {4095, 65535}, 12, 16},
        {12, {4096, 0}, 16, 16},  {5, {255, 255}, 8, 8},   {16, {9, 0}, 16, 16},
        {12, {100, 100}, 12, 12}, {9, {511, 511}, 9, 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const lvk_depth depth = lvk_depth_decide(cases[i].told, &cases[i].greatest);
        cr_expect(depth.colour == cases[i].colour && depth.alpha == cases[i].alpha &&
                      depth.told == !!cases[i].told,
                  "case %zu: %u and %u bits", i, depth.colour, depth.alpha);
    }
}
