/* EXIF's orientation in JPEG, PNG, TIFF and WebP, and in blocks that are damaged. */
#define _XOPEN_SOURCE 700
#include "support/png.h"
#include "support/tiff.h"
#include "support/tree.h"

#include <stdio.h>

#include <jpeglib.h>
#include <webp/encode.h>

#include "decode/orientation.h"
#include "image/budget.h"

TestSuite(orientation, .init = tree_create, .fini = tree_remove);

enum { WIDTH = 48, HEIGHT = 34, PLACES = WIDTH * HEIGHT };

/* Where a pixel of the upright picture lies in the stored one, by what EXIF says of row 0 and column 0. */
static void stored_place(int orientation, int x, int y, int *column, int *row) {
    const int last_x = WIDTH - 1, last_y = HEIGHT - 1;
    switch (orientation) {
    case 2:
        *column = last_x - x, *row = y;
        break; /* row 0: top, column 0: right */
    case 3:
        *column = last_x - x, *row = last_y - y;
        break; /* bottom, right */
    case 4:
        *column = x, *row = last_y - y;
        break; /* bottom, left */
    case 5:
        *column = y, *row = x;
        break; /* left, top */
    case 6:
        *column = y, *row = last_y - x;
        break; /* right, top: turned by 90 degrees clockwise */
    case 7:
        *column = last_x - y, *row = last_y - x;
        break; /* right, bottom */
    case 8:
        *column = last_x - y, *row = x;
        break; /* left, bottom */
    default:
        *column = x, *row = y;
    }
}

static uint8_t colour_at(uint32_t x, uint32_t y, uint32_t c) {
    return (uint8_t)(x * (5 - c) + y * (1 + 2 * c));
}

static uint8_t *draw(void) {
    uint8_t *pixels = malloc((size_t)PLACES * 3);
    for (uint32_t i = 0; i < PLACES * 3; ++i)
        pixels[i] = colour_at(i / 3 % WIDTH, i / 3 / WIDTH, i % 3);
    return pixels;
}

/* A block of EXIF data with one entry before the orientation. */
static size_t make_exif(uint8_t out[64], int orientation, bool big, bool named) {
    static const uint8_t little_block[] = {'I', 'I', 42, 0, 8, 0,   0,   0,   2, 0,    0x0F, 1, 2,
                                           0,   4,   0,  0, 0, 'a', 'b', 'c', 0, 0x12, 1,    3, 0,
                                           1,   0,   0,  0, 0, 0,   0,   0,   0, 0,    0,    0};
    static const uint8_t big_block[] = {'M', 'M', 0, 42, 0,    0, 0, 8, 0, 2, 1, 0x0F, 0, 2, 0, 0, 0, 4, 'a',
                                        'b', 'c', 0, 1,  0x12, 0, 3, 0, 0, 0, 1, 0,    0, 0, 0, 0, 0, 0, 0};
    size_t size = 0;
    if (named) {
        memcpy(out, "Exif\0\0", 6);
        size = 6;
    }
    memcpy(out + size, big ? big_block : little_block, sizeof little_block);
    out[size + 30 + (big ? 1 : 0)] = (uint8_t)orientation;
    return size + sizeof little_block;
}

static bytes make_jpeg(int orientation, bool big) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    uint8_t *pixels = draw(), exif[64];
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &size);
    jpeg.image_width = WIDTH;
    jpeg.image_height = HEIGHT;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    if (orientation) {
        const size_t length = make_exif(exif, orientation, big, true);
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, (const JOCTET *)"http://ns.adobe.com/xap/1.0/\0<x/>", 33);
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, (unsigned)length);
    }
    for (size_t y = 0; y < HEIGHT; ++y)
        (void)jpeg_write_scanlines(&jpeg, &(JSAMPROW){pixels + y * WIDTH * 3}, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(pixels);
    return (bytes){data, size};
}

static bytes make_exif_png(int orientation, bool big) {
    uint8_t exif[64], *pixels = draw(), *rows = calloc(HEIGHT, 1 + WIDTH * 3);
    for (size_t y = 0; y < HEIGHT; ++y)
        memcpy(rows + y * (1 + WIDTH * 3) + 1, pixels + y * WIDTH * 3, WIDTH * 3);
    const size_t length = make_exif(exif, orientation, big, false);
    const picture p = {.width = WIDTH,
                       .height = HEIGHT,
                       .bits = 8,
                       .type = 2,
                       .rows = rows,
                       .row_size = HEIGHT * (1 + WIDTH * 3),
                       .further = orientation ? "eXIf" : NULL,
                       .content = exif,
                       .content_size = length};
    const bytes file = make_png(&p);
    free(pixels);
    free(rows);
    return file;
}

static void put(bytes *file, const void *data, size_t size) {
    file->data = realloc(file->data, file->size + size);
    memcpy(file->data + file->size, data, size);
    file->size += size;
}

static bytes make_webp(int orientation, bool big) {
    uint8_t *pixels = draw(), *data = NULL, exif[64];
    const size_t size = WebPEncodeLosslessRGB(pixels, WIDTH, HEIGHT, WIDTH * 3, &data);
    const size_t length = make_exif(exif, orientation, big, big); /* with and without its name */
    bytes file = {NULL, 0};
    put(&file, "RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\x08\0\0", 23);
    put(&file, (const uint8_t[]){0, WIDTH - 1, 0, 0, HEIGHT - 1, 0, 0}, 7);
    put(&file, data + 12, size - 12);
    if (orientation) {
        put(&file, "EXIF", 4);
        put(&file, (const uint8_t[]){(uint8_t)length, 0, 0, 0}, 4);
        put(&file, exif, length);
    }
    for (int i = 0; i < 4; ++i)
        file.data[4 + i] = (uint8_t)((file.size - 8) >> 8 * i);
    free(pixels);
    WebPFree(data);
    return file;
}

static uint32_t tiff_sample(const tiff_page *page, uint32_t x, uint32_t y, uint32_t s) {
    (void)page;
    return colour_at(x, y, s);
}

static bytes make_tiff(int orientation, bool big) {
    const tiff_page page = {.width = WIDTH,
                            .height = HEIGHT,
                            .bits = 8,
                            .samples = 3,
                            .photometric = PHOTOMETRIC_RGB,
                            .orientation = (uint16_t)orientation,
                            .sample = tiff_sample};
    bytes file;
    void *data;
    tiff_write(tree_path("x.tif"), big ? "wb" : "wl", &page, 1);
    cr_assert_eq(lvk_file_read(tree_path("x.tif"), 1 << 20, &data, &file.size), LVK_OK);
    file.data = malloc(file.size);
    memcpy(file.data, data, file.size);
    lvk_free(data);
    return file;
}

static void decode(bytes file, const char *name, lvk_image *image) {
    cr_assert_eq(lvk_image_decode(name, file.data, file.size, image), LVK_OK, "%s", lvk_error_message());
    free(file.data);
}

static void expect_turned(const lvk_image *image, const lvk_image *stored, int orientation,
                          const char *name) {
    const uint32_t width = orientation > 4 ? HEIGHT : WIDTH, height = orientation > 4 ? WIDTH : HEIGHT;
    cr_assert(image->width == width && image->height == height, "%s, orientation %d: %u x %u", name,
              orientation, image->width, image->height);
    for (uint32_t y = 0; y < height; ++y)
        for (uint32_t x = 0; x < width; ++x) {
            int column, row;
            stored_place(orientation, (int)x, (int)y, &column, &row);
            cr_assert_eq(memcmp(image->pixels + ((size_t)y * width + x) * 3,
                                stored->pixels + ((size_t)row * WIDTH + (size_t)column) * 3, 3),
                         0, "%s, orientation %d: pixel %u, %u", name, orientation, x, y);
        }
}

static const struct {
    const char *name;
    bytes (*make)(int orientation, bool big);
} formats[] = {{"x.jpg", make_jpeg}, {"x.png", make_exif_png}, {"x.webp", make_webp}, {"x.tif", make_tiff}};

Test(orientation, of_all_formats) {
    (void)lvk_budget_peak();
    for (size_t f = 0; f < sizeof formats / sizeof *formats; ++f) {
        lvk_image stored, image;
        decode(formats[f].make(0, false), formats[f].name, &stored);
        for (int orientation = 1; orientation <= 8; ++orientation)
            for (int big = 0; big < 2; ++big) {
                decode(formats[f].make(orientation, big), formats[f].name, &image);
                expect_turned(&image, &stored, orientation, formats[f].name);
                lvk_image_finish(&image);
            }
        lvk_image_finish(&stored);
    }
    (void)lvk_budget_peak();
    cr_expect_eq(lvk_budget_peak(), 0, "not all is given back");
}

/* Every allocation of leukvk may fail, those of a second picture for turning among them. */
Test(orientation, without_memory) {
    const uint64_t before = lvk_alloc_live();
    (void)lvk_budget_peak();
    for (size_t f = 0; f < sizeof formats / sizeof *formats; ++f) {
        const bytes file = formats[f].make(6, false);
        for (uint64_t n = 1;; ++n) {
            lvk_image image;
            (void)lvk_alloc_fail_after(n);
            const lvk_status status = lvk_image_decode(formats[f].name, file.data, file.size, &image);
            const uint64_t made = lvk_alloc_fail_after(0);
            lvk_image_finish(&image);
            cr_assert_eq(lvk_alloc_live(), before, "%s: memory is left when allocation %d fails",
                         formats[f].name, (int)n);
            if (made < n) {
                cr_assert(status == LVK_OK && n > 2, "%s: %s", formats[f].name, lvk_error_message());
                break;
            }
            cr_assert_eq(status, LVK_ERROR_MEMORY, "%s: status %d when allocation %d fails", formats[f].name,
                         (int)status, (int)n);
        }
        free(file.data);
    }
    (void)lvk_budget_peak();
    cr_expect_eq(lvk_budget_peak(), 0, "not all is given back");
}

/* A block of EXIF data that is cut or wrong turns nothing, and is read no further than it goes. */
Test(orientation, damaged_blocks) {
    uint8_t block[64];
    for (int big = 0; big < 2; ++big) {
        const size_t size = make_exif(block, 6, big, true);
        for (size_t cut = 0; cut <= size; ++cut) {
            uint8_t *copy =
                malloc(cut ? cut : 1); /* its exact size: reading behind it is seen by the sanitizer */
            memcpy(copy, block, cut);
            cr_expect_eq(lvk_orientation_read(copy, cut), cut >= size - 4 ? 6 : 1, "%zu of %zu bytes", cut,
                         size);
            free(copy);
        }
        for (size_t at = 6; at < 14; ++at) { /* another magic number or place of the directory */
            const uint8_t kept = block[at];
            block[at] = 0xFF;
            cr_expect_eq(lvk_orientation_read(block, size), 1, "byte %zu", at);
            block[at] = kept;
        }
        for (int wrong = 0; wrong < 256; wrong += wrong == 0 ? 9 : 41) {
            (void)make_exif(block, wrong, big, true);
            cr_expect_eq(lvk_orientation_read(block, size), 1, "orientation %d", wrong);
        }
    }
}
