/* One picture in files of every format: the same probability, within what the format loses. */
#define _XOPEN_SOURCE 700
#include "support/png.h"
#include "support/program.h"
#include "support/tiff.h"

#include "core/memory.h"
#include "image/encode.h"
#include "image/image.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#include <jpeglib.h>
#include <webp/encode.h>

enum { SIDE = 128, PLACES = SIDE * SIDE, LEVELS = 6, COLOURS = LEVELS * LEVELS * LEVELS };

static program_result result; /* large */
static const char *folder;
static uint8_t pixels[PLACES * 3]; /* of 216 colours, so that palettes hold them */

static void write_file(const char *name, const void *data, size_t size) {
    char path[512];
    snprintf(path, sizeof path, "%s/files/%s", folder, name);
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(data, 1, size, file) == size && fclose(file) == 0, "%s", path);
}

/* A drawn cell, each channel made one of six levels. */
static void take_picture(const char *name) {
    char path[512];
    lvk_image image;
    snprintf(path, sizeof path, "%s/cells/%s", folder, name);
    cr_assert_eq(lvk_image_read(path, &image), LVK_OK, "%s", lvk_error_message());
    cr_assert(image.width == SIDE && image.height == SIDE);
    for (size_t i = 0; i < sizeof pixels; ++i)
        pixels[i] = (uint8_t)((image.pixels[i] + 25) / 51 * 51);
    lvk_image_finish(&image);
}

static uint8_t index_of(const uint8_t *pixel) {
    return (uint8_t)((pixel[0] / 51 * LEVELS + pixel[1] / 51) * LEVELS + pixel[2] / 51);
}

static uint8_t level(uint32_t index, uint32_t channel) {
    const uint32_t divisors[3] = {LEVELS * LEVELS, LEVELS, 1};
    return (uint8_t)(index / divisors[channel] % LEVELS * 51);
}

/* ---- PNG ---- */

/* Samples of `bytes` bytes, each the picture's times `scale`; `channels` of 4 has an opaque alpha. */
static void write_png(const char *name, uint32_t channels, uint32_t sample_bytes, uint32_t scale) {
    const size_t row = 1 + (size_t)SIDE * channels * sample_bytes;
    uint8_t *rows = calloc(SIDE, row);
    for (uint32_t i = 0; i < PLACES; ++i)
        for (uint32_t c = 0; c < channels; ++c) {
            const uint32_t value = (c < 3 ? pixels[i * 3 + c] : 255) * scale;
            uint8_t *at = rows + i / SIDE * row + 1 + ((i % SIDE) * channels + c) * (size_t)sample_bytes;
            at[0] = (uint8_t)(sample_bytes == 2 ? value >> 8 : value);
            at[sample_bytes - 1] = (uint8_t)value;
        }
    const picture p = {.width = SIDE,
                       .height = SIDE,
                       .bits = (uint8_t)(8 * sample_bytes),
                       .type = channels == 4 ? 6 : 2,
                       .rows = rows,
                       .row_size = row * SIDE};
    const bytes file = make_png(&p);
    write_file(name, file.data, file.size);
    free(file.data);
    free(rows);
}

static void write_palette_png(const char *name) {
    uint8_t palette[COLOURS * 3], *rows = calloc(SIDE, 1 + SIDE);
    for (uint32_t i = 0; i < COLOURS * 3; ++i)
        palette[i] = level(i / 3, i % 3);
    for (size_t i = 0; i < PLACES; ++i)
        rows[i / SIDE * (1 + SIDE) + 1 + i % SIDE] = index_of(pixels + i * 3);
    const picture p = {.width = SIDE,
                       .height = SIDE,
                       .bits = 8,
                       .type = 3,
                       .palette = palette,
                       .palette_size = sizeof palette,
                       .rows = rows,
                       .row_size = (1 + SIDE) * SIDE};
    const bytes file = make_png(&p);
    write_file(name, file.data, file.size);
    free(file.data);
    free(rows);
}

/* ---- BMP ---- */

static void write_bmp(const char *name) {
    void *data;
    size_t size;
    cr_assert_eq(lvk_bmp_encode(pixels, SIDE, SIDE, &data, &size), LVK_OK);
    write_file(name, data, size);
    lvk_free(data);
}

static void put32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; ++i)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* Run lengths of 8 bits. */
static void write_run_bmp(const char *name) {
    enum { OFFSET = 54 + COLOURS * 4 };
    uint8_t *file = calloc(OFFSET + PLACES * 2 + SIDE * 2 + 2, 1), *at = file + OFFSET;
    memcpy(file, "BM", 2);
    put32(file + 10, OFFSET);
    put32(file + 14, 40);
    put32(file + 18, SIDE);
    put32(file + 22, SIDE);
    put32(file + 26, 1 | 8 << 16);
    put32(file + 30, 1);
    put32(file + 46, COLOURS);
    for (uint32_t i = 0; i < COLOURS; ++i)
        put32(file + 54 + (size_t)i * 4,
              level(i, 2) | (uint32_t)level(i, 1) << 8 | (uint32_t)level(i, 0) << 16);
    for (int y = SIDE - 1; y >= 0; --y) {
        for (int x = 0, count; x < SIDE; x += count) {
            const uint8_t *row = pixels + (size_t)y * SIDE * 3, index = index_of(row + (size_t)x * 3);
            for (count = 1; x + count < SIDE && index_of(row + (size_t)(x + count) * 3) == index; ++count)
                ;
            *at++ = (uint8_t)count;
            *at++ = index;
        }
        at += 2;
    }
    *at++ = 0;
    *at++ = 1;
    write_file(name, file, (size_t)(at - file));
    free(file);
}

/* ---- JPEG, TIFF, WebP ---- */

static void write_jpeg(const char *name, bool progressive) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = jpeg.image_height = SIDE;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 97, TRUE);
    if (progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (size_t y = 0; y < SIDE; ++y)
        (void)jpeg_write_scanlines(&jpeg, &(JSAMPROW){pixels + y * SIDE * 3}, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    write_file(name, data, size);
    free(data);
}

static uint32_t tiff_sample(const tiff_page *page, uint32_t x, uint32_t y, uint32_t s) {
    return pixels[(y * SIDE + x) * 3 + s] * (page->bits == 16 ? 257U : 1U);
}

static void write_tiff(const char *name, uint16_t compression, uint32_t tile, uint16_t bits) {
    char path[512];
    const tiff_page page = {.width = SIDE,
                            .height = SIDE,
                            .bits = bits,
                            .samples = 3,
                            .photometric = PHOTOMETRIC_RGB,
                            .compression = compression,
                            .tile = tile,
                            .rows = 16,
                            .sample = tiff_sample};
    snprintf(path, sizeof path, "%s/files/%s", folder, name);
    tiff_write(path, "w", &page, 1);
}

static void write_webp(const char *name, bool lossless) {
    uint8_t *data = NULL;
    const size_t size = lossless ? WebPEncodeLosslessRGB(pixels, SIDE, SIDE, SIDE * 3, &data)
                                 : WebPEncodeRGB(pixels, SIDE, SIDE, SIDE * 3, 98, &data);
    cr_assert_gt(size, 0);
    write_file(name, data, size);
    WebPFree(data);
}

/* ---- predictions ---- */

/* The probability in the row of a file of the folder. */
static double probability_of(const char *name) {
    char row[600];
    snprintf(row, sizeof row, "\n%s/files/%s,", folder, name);
    const char *at = strstr(result.out, row);
    cr_assert_not_null(at, "%s is not in:\n%s%s", name, result.out, result.err);
    return strtod(at + strlen(row), NULL);
}

static void write_all(void) {
    write_bmp("base.bmp");
    write_run_bmp("runs.BMP");
    write_png("eight.png", 3, 1, 1);
    write_png("alpha.png", 4, 1, 1);
    write_palette_png("palette.PNG");
    write_png("sixteen.png", 3, 2, 257);
    write_png("twelve.png", 3, 2, 16);
    write_tiff("plain.tif", COMPRESSION_NONE, 0, 8);
    write_tiff("lzw.TIF", COMPRESSION_LZW, 0, 8);
    write_tiff("tiled.tiff", COMPRESSION_ADOBE_DEFLATE, 48, 8);
    write_tiff("sixteen.tiff", COMPRESSION_LZW, 0, 16);
    write_webp("lossless.webp", true);
    write_webp("lossy.WebP", false);
    write_jpeg("baseline.jpg", false);
    write_jpeg("progressive.JPEG", true);
    write_tiff("jpeg.tif", COMPRESSION_JPEG, 0, 8);
}

Test(formats, one_picture_one_probability) {
    static const char *const exact[] = {"runs.BMP",    "eight.png",    "alpha.png",    "palette.PNG",
                                        "sixteen.png", "twelve.png",   "plain.tif",    "lzw.TIF",
                                        "tiled.tiff",  "sixteen.tiff", "lossless.webp"};
    static const char *const near[] = {"lossy.WebP", "baseline.jpg", "progressive.JPEG", "jpeg.tif"};
    char path[512];
    folder = program_folder();
    program_run(&result, "synth %s/cells --images 48 --subjects 12 --size %d --format png", folder, SIDE);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "train --data %s/cells --out %s/run --model cnn-gap --epochs 2 --batch 8", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);

    snprintf(path, sizeof path, "%s/files", folder);
    cr_assert_eq(mkdir(path, 0700), 0);
    take_picture("C-NMC_test_prelim_phase_data/1.png");
    write_all();
    take_picture("C-NMC_test_prelim_phase_data/2.png");
    write_bmp("another.bmp");

    program_run(&result, "predict --model %s/run %s/files --format csv", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_eq(program_lines(result.out), 1 + 17, "%s", result.out);
    cr_expect_not_null(strstr(result.err, "1 image holds 12 bits in samples of 16"), "%s", result.err);
    cr_expect_null(strstr(result.err, "TIFF"), "%s", result.err);
    const double base = probability_of("base.bmp"), apart = fabs(probability_of("another.bmp") - base);
    cr_expect_gt(apart, 1e-4, "the model gives %g to other pictures as well", base);
    for (size_t i = 0; i < sizeof exact / sizeof *exact; ++i)
        cr_expect_eq(probability_of(exact[i]), base, "%s: %.9g, not %.9g", exact[i], probability_of(exact[i]),
                     base);
    for (size_t i = 0; i < sizeof near / sizeof *near; ++i)
        cr_expect_lt(fabs(probability_of(near[i]) - base), apart / 4, "%s: %.9g, not %.9g", near[i],
                     probability_of(near[i]), base);
    program_remove(folder);
}
