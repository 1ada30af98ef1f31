/* PNG and JPEG files that are odd or damaged inside, and the memory that decoding takes. */
#define _XOPEN_SOURCE 700
#include "support/png.h"
#include "support/tree.h"

#include "core/parallel.h"
#include "core/resource.h"
#include "image/budget.h"

#include <jpeglib.h>

TestSuite(decode, .init = tree_create, .fini = tree_remove);

enum { SIDE = 64 };

/* ---- PNG ---- */

/* Every index of a palette of 4 and 8 bits is read; one behind its end is refused, in any row. */
Test(decode, png_palette) {
    static const uint8_t palette[] = {1, 2, 3, 200, 100, 50, 7, 8, 9}, alpha[] = {255, 128};
    static const uint8_t expected[] = {1,  2, 3, 100, 50,
                                       25, 7, 8, 9}; /* the second at 128 of 255 over black */
    for (uint8_t bits = 4; bits <= 8; bits += 4) {
        const size_t row = 1 + SIDE * bits / 8;
        for (uint32_t wrong = 0; wrong <= SIDE; wrong += SIDE / 2) { /* SIDE: no row is */
            uint8_t *rows = calloc(SIDE, row);
            for (size_t y = 0; y < SIDE; ++y)
                for (size_t x = 0; x < SIDE; ++x) {
                    const unsigned index = y == wrong && x == 5 ? 3 : (x + y) % 3;
                    rows[y * row + 1 + x * bits / 8] |=
                        (uint8_t)(bits == 4 && x % 2 == 0 ? index << 4 : index);
                }
            const picture p = {.width = SIDE,
                               .height = SIDE,
                               .bits = bits,
                               .type = 3,
                               .palette = palette,
                               .palette_size = sizeof palette,
                               .alpha = alpha,
                               .alpha_size = sizeof alpha,
                               .rows = rows,
                               .row_size = SIDE * row};
            const bytes file = make_png(&p);
            lvk_image image;
            const lvk_status status = lvk_image_decode("p.png", file.data, file.size, &image);
            if (wrong < SIDE) {
                cr_expect_eq(status, LVK_ERROR_FORMAT, "%d bits, row %u", bits, wrong);
                TREE_ERROR_HAS("p.png: ", "a pixel's colour is not in the palette");
            } else {
                cr_assert_eq(status, LVK_OK, "%s", lvk_error_message());
                for (size_t i = 0; i < (size_t)SIDE * SIDE; ++i)
                    cr_assert_eq(memcmp(image.pixels + 3 * i, expected + (i % SIDE + i / SIDE) % 3 * 3, 3),
                                 0);
            }
            lvk_image_finish(&image);
            free(file.data);
            free(rows);
        }
    }
}

/* A palette of its own, and what else makes libpng doubt a header. */
Test(decode, png_refused) {
    static const uint8_t palette[] = {1, 2, 3, 4}, alpha[] = {1, 2, 3};
    uint8_t *rows = calloc(SIDE, 1 + SIDE * 3);
    const picture whole = {
        .width = SIDE, .height = SIDE, .bits = 8, .type = 2, .rows = rows, .row_size = SIDE * (1 + SIDE * 3)};
    picture cases[7];
    for (int i = 0; i < 7; ++i)
        cases[i] = whole;
    cases[0].type = 3; /* without a palette */
    cases[1].type = 3; /* four bytes are no palette */
    cases[1].palette = palette;
    cases[1].palette_size = sizeof palette;
    cases[2].alpha = alpha; /* three bytes are no transparent colour */
    cases[2].alpha_size = sizeof alpha;
    cases[3].row_size -= 1; /* a byte of the last row is missing */
    cases[4].bits = 5;
    cases[5].further = "\033[2J"; /* a chunk that must be known, and is no name */
    cases[6].further = "ABCD";    /* a chunk that must be known, and is not */
    for (int i = 0; i < 7; ++i) {
        const bytes file = make_png(&cases[i]);
        lvk_image image;
        cr_expect_eq(lvk_image_decode("p.png", file.data, file.size, &image), LVK_ERROR_FORMAT, "case %d", i);
        TREE_ERROR_HAS("p.png: broken PNG: ");
        cr_expect_null(strchr(lvk_error_message(), '\033'));
        free(file.data);
    }
    const bytes file = make_png(&whole);
    lvk_image image;
    cr_expect_eq(lvk_image_decode("p.png", file.data, file.size, &image), LVK_OK, "%s", lvk_error_message());
    lvk_image_finish(&image);
    free(file.data);
    free(rows);
}

/* 16 bits a channel keep the upper 8; rows of Adam7's passes land where they belong. */
Test(decode, png_deep_and_interlaced) {
    enum { WIDE = 40, ROW = 1 + WIDE * 2 };
    static const uint32_t starts[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                          {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    for (uint8_t interlaced = 0; interlaced < 2; ++interlaced) {
        uint8_t *rows = calloc(2 * SIDE, ROW), *at = rows;
        for (int pass = 0; pass < (interlaced ? 7 : 1); ++pass) {
            const uint32_t whole[4] = {0, 0, 1, 1}, *s = interlaced ? starts[pass] : whole;
            for (uint32_t y = s[1]; y < SIDE; y += s[3]) {
                *at++ = 0; /* no filter */
                for (uint32_t x = s[0]; x < WIDE; x += s[2], at += 2) {
                    at[0] = (uint8_t)(3 * x + 5 * y);
                    at[1] = 0xFF;
                }
            }
        }
        const picture p = {.width = WIDE,
                           .height = SIDE,
                           .bits = 16,
                           .type = 0,
                           .interlaced = interlaced,
                           .rows = rows,
                           .row_size = (size_t)(at - rows)};
        const bytes file = make_png(&p);
        lvk_image image;
        cr_assert_eq(lvk_image_decode("p.png", file.data, file.size, &image), LVK_OK, "%s",
                     lvk_error_message());
        for (uint32_t y = 0; y < SIDE; ++y)
            for (uint32_t x = 0; x < WIDE; ++x)
                for (int c = 0; c < 3; ++c)
                    cr_assert_eq(image.pixels[(y * WIDE + x) * 3 + (uint32_t)c], (uint8_t)(3 * x + 5 * y));
        lvk_image_finish(&image);
        free(file.data);
        free(rows);
    }
}

/* ---- JPEG ---- */

typedef enum jpeg_kind { BASELINE, PROGRESSIVE, SEPARATE, INKS, INKS_UNMARKED } jpeg_kind;

/* Picture 3 of the tree; with INKS, its colours as cyan, magenta and yellow, with a constant black, as Adobe
 * writes them. */
static bytes make_jpeg(jpeg_kind kind) {
    static const jpeg_scan_info one_by_one[] = {
        {1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    const bool inks = kind >= INKS;
    uint8_t *pixels = tree_draw(SIDE, 3);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = jpeg.image_height = SIDE;
    jpeg.input_components = inks ? 4 : 3;
    jpeg.in_color_space = inks ? JCS_CMYK : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 90, TRUE);
    if (kind == PROGRESSIVE)
        jpeg_simple_progression(&jpeg);
    if (kind == SEPARATE) {
        jpeg.scan_info = one_by_one;
        jpeg.num_scans = 3;
    }
    jpeg.write_Adobe_marker = kind == INKS;
    jpeg_start_compress(&jpeg, TRUE);
    for (size_t y = 0; y < SIDE; ++y) {
        uint8_t row[SIDE * 4];
        for (size_t x = 0; x < SIDE; ++x) {
            memcpy(row + x * (inks ? 4 : 3), pixels + (y * SIDE + x) * 3, 3);
            if (inks)
                row[x * 4 + 3] = 204; /* a fifth of black */
        }
        JSAMPROW rows = row;
        (void)jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(pixels);
    return (bytes){data, size};
}

/* A copy without `cut` bytes at `at`, with `add` bytes of `fill` there instead. */
static bytes splice(const bytes *file, size_t at, size_t cut, const uint8_t *fill, size_t add) {
    bytes b = {malloc(file->size - cut + add), file->size - cut + add};
    memcpy(b.data, file->data, at);
    if (add)
        memcpy(b.data + at, fill, add);
    memcpy(b.data + at + add, file->data + at + cut, file->size - at - cut);
    return b;
}

/* Where marker `code` is for the n-th time. */
static size_t find_marker(const bytes *file, uint8_t code, int n) {
    for (size_t at = 2; at + 1 < file->size; ++at)
        if (file->data[at] == 0xFF && file->data[at + 1] == code && n-- == 0)
            return at;
    cr_assert_fail("no marker %02x", code);
    return 0;
}

static void expect_refused(bytes file, const char *what) {
    lvk_image image;
    cr_expect_eq(lvk_image_decode("x.jpg", file.data, file.size, &image), LVK_ERROR_FORMAT, "%s was read",
                 what);
    cr_expect_null(image.pixels);
    TREE_ERROR_HAS("x.jpg: broken JPEG: ");
    lvk_image_finish(&image);
    free(file.data);
}

static void expect_same(bytes file, const uint8_t *pixels, const char *what) {
    lvk_image image;
    cr_assert_eq(lvk_image_decode("x.jpg", file.data, file.size, &image), LVK_OK, "%s: %s", what,
                 lvk_error_message());
    cr_expect_eq(memcmp(image.pixels, pixels, (size_t)SIDE * SIDE * 3), 0, "%s: other pixels", what);
    lvk_image_finish(&image);
    free(file.data);
}

/* What is missing inside a picture is not made up, whatever markers are put behind it. */
Test(decode, jpeg_damaged) {
    for (jpeg_kind kind = BASELINE; kind <= SEPARATE; ++kind) {
        bytes file = make_jpeg(kind);
        lvk_image image;
        cr_assert_eq(lvk_image_decode("x.jpg", file.data, file.size, &image), LVK_OK, "%s",
                     lvk_error_message());
        lvk_image_finish(&image);
        const size_t scan = find_marker(&file, 0xDA, 0) + 20, end = file.size - 2;
        expect_refused(splice(&file, (scan + end) / 2, end - (scan + end) / 2, NULL, 0),
                       "cut in the middle, end put back");
        expect_refused(splice(&file, scan + (end - scan) / 3, 200, NULL, 0), "200 bytes missing");
        expect_refused(splice(&file, end, 2, NULL, 0), "without an end");
        expect_refused(splice(&file, end - 20, 20, NULL, 0), "20 bytes missing at the end");
        for (int n = 1; kind != BASELINE && n < 3; ++n) {
            const size_t next = find_marker(&file, 0xDA, n);
            expect_refused(splice(&file, next, end - next, NULL, 0), "cut between two scans, end put back");
        }
        free(file.data);
    }
}

/* Bytes between segments and behind the last block cost nothing of the picture. */
Test(decode, jpeg_with_bytes_too_many) {
    static const uint8_t zeros[2] = {0, 0}, junk[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0xFF, 0xD2};
    bytes file = make_jpeg(BASELINE);
    lvk_image image;
    cr_assert_eq(lvk_image_decode("x.jpg", file.data, file.size, &image), LVK_OK, "%s", lvk_error_message());
    expect_same(splice(&file, find_marker(&file, 0xDB, 0), 0, zeros, 2), image.pixels,
                "zeros before a marker");
    expect_same(splice(&file, file.size - 2, 0, junk, sizeof junk), image.pixels,
                "bytes behind the last block");
    expect_same(splice(&file, file.size, 0, junk, sizeof junk), image.pixels, "bytes behind the end");
    uint8_t more[200];
    memset(more, 0x55, sizeof more);
    expect_refused(splice(&file, file.size - 2, 0, more, sizeof more), "data that belongs to no block");
    lvk_image_finish(&image);
    free(file.data);
}

/* 255 is no ink, with Adobe's marker or without; black takes a fifth. */
Test(decode, jpeg_of_inks) {
    uint8_t *pixels = tree_draw(SIDE, 3);
    for (jpeg_kind kind = INKS; kind <= INKS_UNMARKED; ++kind) {
        bytes file = make_jpeg(kind);
        lvk_image image;
        double difference = 0;
        cr_assert_eq(lvk_image_decode("x.jpg", file.data, file.size, &image), LVK_OK, "%s",
                     lvk_error_message());
        for (size_t i = 0; i < (size_t)SIDE * SIDE * 3; ++i) {
            const double expected = pixels[i] * 204.0 / 255, got = image.pixels[i];
            difference += got > expected ? got - expected : expected - got;
        }
        cr_expect_lt(difference / (SIDE * SIDE * 3), 8, "kind %d: off by %g", (int)kind,
                     difference / (SIDE * SIDE * 3));
        lvk_image_finish(&image);
        free(file.data);
    }
    free(pixels);
}

/* ---- memory ---- */

static lvk_status decode_file(void *user, size_t index) {
    lvk_image image;
    char path[128]; /* tree_path is for one thread */
    (void)user;
    snprintf(path, sizeof path, "%s/%zu", tree_root, index);
    LVK_TRY(lvk_image_read(path, &image));
    const bool right = image.width == LVK_IMAGE_MOST_SIDE && image.pixels[0] == 0;
    lvk_image_finish(&image);
    return right ? LVK_OK : lvk_fail(LVK_ERROR_NUMERIC, "another picture");
}

static void expect_bounded(size_t count) {
    (void)lvk_budget_peak();
    cr_assert_eq(lvk_parallel_for(4, count, decode_file, NULL, NULL, NULL), LVK_OK, "%s",
                 lvk_error_message());
    const size_t peak = lvk_budget_peak();
    cr_expect(peak > LVK_BUDGET_BYTES / 4 && peak <= LVK_BUDGET_BYTES, "%zu bytes at once", peak);
    cr_expect_lt(lvk_process_peak_bytes(), LVK_BUDGET_BYTES + ((size_t)384 << 20));
    cr_expect_eq(lvk_budget_peak(), 0, "not all is given back");
}

/* Small files that unpack to 201 MB each: two at a time, on any number of threads. */
Test(decode, picture_bombs, .timeout = 120) {
    enum { BOMBS = 5 };
    const picture p = {.width = LVK_IMAGE_MOST_SIDE,
                       .height = LVK_IMAGE_MOST_SIDE,
                       .bits = 1,
                       .rows = calloc(LVK_IMAGE_MOST_SIDE, 1 + LVK_IMAGE_MOST_SIDE / 8),
                       .row_size = (size_t)LVK_IMAGE_MOST_SIDE * (1 + LVK_IMAGE_MOST_SIDE / 8)};
    const bytes file = make_png(&p);
    cr_assert_lt(file.size, 100000);
    for (int i = 0; i < BOMBS; ++i)
        tree_write((const char[]){(char)('0' + i), '\0'}, file.data, file.size);
    expect_bounded(BOMBS);
    free(file.data);
    free((void *)p.rows);
}

/* Files of 201 MB: with their pixels, only one has room, and the others' bytes are not kept while they wait.
 */
Test(decode, large_files, .timeout = 120) {
    enum { FILES = 3 };
    uint8_t header[54] = {'B', 'M', [10] = 54, [14] = 40, [19] = 0x20, [23] = 0x20, [26] = 1, [28] = 24};
    for (int i = 0; i < FILES; ++i) {
        const char name[] = {(char)('0' + i), '\0'};
        tree_write(name, header, sizeof header);
        cr_assert_eq(truncate(tree_path(name), 54 + (off_t)LVK_IMAGE_MOST_SIDE * LVK_IMAGE_MOST_SIDE * 3), 0);
    }
    expect_bounded(FILES);
}

/* A thread that holds a picture is not made to wait for another one. */
Test(decode, several_at_once, .timeout = 30) {
    (void)lvk_budget_peak();
    lvk_budget_take(LVK_BUDGET_BYTES - 1);
    lvk_budget_take(LVK_BUDGET_BYTES);
    cr_expect(lvk_budget_grow(1));
    lvk_budget_give(LVK_BUDGET_BYTES);
    lvk_budget_give(LVK_BUDGET_BYTES);
    lvk_budget_take(3 * LVK_BUDGET_BYTES); /* nobody else has any */
    lvk_budget_give(3 * LVK_BUDGET_BYTES);
    cr_expect_eq(lvk_budget_peak(), 3 * LVK_BUDGET_BYTES);
    cr_expect_eq(lvk_budget_peak(), 0);
}
