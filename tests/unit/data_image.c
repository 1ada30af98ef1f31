/* Decoding: formats, odd headers, everything that can be wrong with a file. */
#define _XOPEN_SOURCE 700
#include "support/jpeg.h"
#include "support/tree.h"

#include "core/random.h"

TestSuite(image, .init = tree_create, .fini = tree_remove);

typedef struct bytes {
    uint8_t *data;
    size_t size;
} bytes;

static bytes copy_jpeg(void) {
    bytes b = {malloc(sizeof disc_jpeg), sizeof disc_jpeg};
    memcpy(b.data, disc_jpeg, sizeof disc_jpeg);
    return b;
}

static bytes encode_png(const uint8_t *pixels, uint32_t side, int channels) {
    void *data;
    bytes b;
    cr_assert_eq(lvk_png_encode(pixels, side, side, channels, &data, &b.size), LVK_OK);
    b.data = data;
    return b;
}

static bytes encode_bmp(const uint8_t *pixels, uint32_t side) {
    void *data;
    bytes b;
    cr_assert_eq(lvk_bmp_encode(pixels, side, side, &data, &b.size), LVK_OK);
    b.data = data;
    return b;
}

static void put32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; ++i)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A BMP with a header of `header` bytes and `bits` a pixel, of the picture in `pixels`. */
static bytes make_bmp(const uint8_t *pixels, uint32_t side, uint32_t header, uint32_t bits, int top_down,
                      int alpha) {
    const uint32_t palette = bits == 8 ? 256 * 4 : 0, offset = 14 + header + palette;
    const size_t row = ((size_t)side * bits + 31) / 32 * 4;
    bytes b = {calloc(offset + row * side, 1), offset + row * side};
    b.data[0] = 'B';
    b.data[1] = 'M';
    put32(b.data + 10, offset);
    put32(b.data + 14, header);
    put32(b.data + 18, side);
    put32(b.data + 22, top_down ? 0U - side : side);
    b.data[26] = 1;
    b.data[28] = (uint8_t)bits; /* image size and pixels a metre stay 0 */
    if (alpha) {
        b.data[30] = 3;
        put32(b.data + 54, 0x00FF0000);
        put32(b.data + 58, 0x0000FF00);
        put32(b.data + 62, 0x000000FF);
        put32(b.data + 66, 0xFF000000);
    }
    for (uint32_t i = 0; palette && i < 256; ++i)
        put32(b.data + 14 + header + i * 4, i * 0x010101);
    for (uint32_t y = 0; y < side; ++y) {
        for (uint32_t x = 0; x < side; ++x) {
            const uint8_t *in = pixels + ((size_t)y * side + x) * 3;
            uint8_t *out = b.data + offset + row * (top_down ? y : side - 1 - y) + (size_t)x * bits / 8;
            if (bits == 8) {
                out[0] = in[0];
                continue;
            }
            for (int c = 0; c < 3; ++c)
                out[c] = in[2 - c];
            if (bits == 32)
                out[3] = alpha ? 255 : 0;
        }
    }
    return b;
}

Test(image, bitmaps_of_every_kind) {
    static const struct {
        uint32_t side, header, bits;
        int top_down, alpha;
    } cases[] = {{33, 40, 24, 0, 0},  {34, 124, 24, 0, 0}, {35, 108, 24, 1, 0}, {36, 40, 32, 0, 0},
                 {33, 124, 32, 1, 1}, {37, 40, 8, 0, 0},   {450, 124, 24, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const uint32_t side = cases[i].side;
        uint8_t *pixels = tree_draw(side, (uint32_t)i);
        for (size_t p = 0; cases[i].bits == 8 && p < (size_t)side * side * 3; ++p)
            pixels[p] = pixels[p / 3 * 3]; /* grey */
        bytes file =
            make_bmp(pixels, side, cases[i].header, cases[i].bits, cases[i].top_down, cases[i].alpha);
        lvk_image image;
        cr_assert_eq(lvk_image_decode("x.bmp", file.data, file.size, &image), LVK_OK, "case %zu: %s", i,
                     lvk_error_message());
        cr_assert(image.width == side && image.height == side);
        cr_assert_eq(memcmp(image.pixels, pixels, (size_t)side * side * 3), 0, "case %zu: other pixels", i);
        lvk_image_finish(&image);
        free(file.data);
        free(pixels);
    }
}

Test(image, formats_by_content) {
    uint8_t *pixels = tree_draw(64, 5);
    bytes files[3] = {encode_bmp(pixels, 64), encode_png(pixels, 64, 3), copy_jpeg()};
    uint64_t first[2] = {0, 0};
    for (int f = 0; f < 3; ++f) {
        tree_write("wrong_name.png", files[f].data, files[f].size);
        lvk_image image;
        cr_assert_eq(lvk_image_read(tree_path("wrong_name.png"), &image), LVK_OK, "%s", lvk_error_message());
        uint64_t hash[2];
        lvk_image_hash(&image, hash);
        if (f == 0)
            memcpy(first, hash, sizeof hash);
        cr_assert_eq(memcmp(first, hash, sizeof hash) == 0, f < 2,
                     "lossless files of one picture hash alike");
        lvk_image_measures measures;
        lvk_image_measure(&image, &measures);
        cr_assert(measures.area > 1350 && measures.area < 1650, "area %u of a disc of radius 21",
                  measures.area);
        lvk_image_finish(&image);
        free(files[f].data);
    }
    free(pixels);
}

/* Out of memory at any moment: an error, and nothing is left behind. */
Test(image, a_png_survives_a_lack_of_memory) {
    enum { SIDE = 100 };
    static uint8_t pixels[SIDE * SIDE * 3];
    for (size_t i = 0; i < sizeof pixels; ++i)
        pixels[i] = (uint8_t)lvk_random_word(&(lvk_random_key){.seed = 5}, (uint32_t)i);
    const bytes whole = encode_png(pixels, SIDE, 3);
    const uint64_t before = lvk_alloc_live();
    lvk_status status = LVK_ERROR_MEMORY;
    uint64_t n = 0;
    while (status != LVK_OK) {
        void *data = pixels;
        size_t size = 1;
        lvk_alloc_fail_after(++n);
        status = lvk_png_encode(pixels, SIDE, SIDE, 3, &data, &size);
        lvk_alloc_fail_after(0);
        cr_assert(status == LVK_OK ? size == whole.size && memcmp(data, whole.data, size) == 0
                                   : status == LVK_ERROR_MEMORY && !data && size == 0,
                  "allocation %d", (int)n);
        lvk_free(data);
        cr_assert_eq(lvk_alloc_live(), before, "allocation %d", (int)n);
    }
    cr_expect_gt(n, 5, "%d allocations", (int)n);
    free(whole.data);
}

Test(image, grey_and_alpha) {
    enum { SIDE = 40 };
    uint8_t pixels[SIDE * SIDE * 4];
    for (int channels = 1; channels <= 4; ++channels) {
        for (int i = 0; i < SIDE * SIDE; ++i)
            for (int c = 0; c < channels; ++c)
                pixels[i * channels + c] = (uint8_t)(i * 3 + c * 50);
        bytes file = encode_png(pixels, SIDE, channels);
        lvk_image image;
        cr_assert_eq(lvk_image_decode("x.png", file.data, file.size, &image), LVK_OK, "%s",
                     lvk_error_message());
        for (int i = 0; i < SIDE * SIDE; ++i) {
            const uint8_t *in = pixels + i * channels;
            const int alpha = channels == 2 ? in[1] : channels == 4 ? in[3] : 255;
            for (int c = 0; c < 3; ++c)
                cr_assert_eq(image.pixels[i * 3 + c], (in[channels < 3 ? 0 : c] * alpha + 127) / 255,
                             "%d channels, pixel %d", channels, i);
        }
        lvk_image_finish(&image);
        free(file.data);
    }
}

Test(image, truncated_anywhere) {
    uint8_t *pixels = tree_draw(40, 9);
    bytes files[3] = {encode_bmp(pixels, 40), encode_png(pixels, 40, 3), copy_jpeg()};
    for (int f = 0; f < 3; ++f) {
        for (size_t size = 0; size < files[f].size; ++size) {
            uint8_t *copy =
                malloc(size ? size : 1); /* its exact size: reading behind it is seen by the sanitizer */
            memcpy(copy, files[f].data, size);
            lvk_image image;
            cr_assert_eq(lvk_image_decode("cut.bmp", copy, size, &image), LVK_ERROR_FORMAT,
                         "format %d accepted after %zu of %zu bytes", f, size, files[f].size);
            cr_assert_null(image.pixels);
            TREE_ERROR_HAS("cut.bmp: ");
            free(copy);
        }
        free(files[f].data);
    }
    free(pixels);
}

Test(image, refused_by_name) {
    uint8_t *pixels = tree_draw(64, 1);
    bytes small = encode_png(pixels, 31, 3), bmp = encode_bmp(pixels, 64);
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 608454\n";
    const struct {
        const void *data;
        size_t size;
        const char *reason;
    } cases[] = {{"", 0, "empty"},
                 {pointer, sizeof pointer - 1, "Git LFS pointer"},
                 {"GIF89a and so on", 16, "not a BMP, PNG, JPEG, TIFF or WebP image"},
                 {small.data, small.size, "too small to be a cell"},
                 {bmp.data, bmp.size / 2, "truncated BMP"}};
    lvk_image image;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        cr_assert_eq(lvk_image_decode("dir/a.bmp", cases[i].data, cases[i].size, &image), LVK_ERROR_FORMAT);
        TREE_ERROR_HAS("dir/a.bmp: ", cases[i].reason);
    }
    static const struct {
        size_t at;
        uint32_t value;
        const char *reason;
    } edits[] = {{10, 20, "pixels at byte"},
                 {10, 0xFFFFFFFF, "pixels at byte"},
                 {14, 41, "header of 41"},
                 {18, 0, "x 64 pixels"},
                 {18, 0x7FFFFFFF, "too large"},
                 {22, 0x80000000, "too large"},
                 {18, 65, "truncated"},
                 {26, 0x00180002, "planes"},
                 {26, 0x00040001, "not in the palette"},
                 {26, 0x00050001, "5 bits"},
                 {30, 1, "24 bits a pixel (method 1)"},
                 {30, 3, "masks"},
                 {30, 4, "a compressed BMP (method 4) is not read"},
                 {30, 5, "a compressed BMP (method 5) is not read"},
                 {14, 124, "pixels at byte"}};
    for (size_t i = 0; i < sizeof edits / sizeof *edits; ++i) {
        uint8_t *copy = malloc(bmp.size);
        memcpy(copy, bmp.data, bmp.size);
        put32(copy + edits[i].at, edits[i].value);
        cr_assert_eq(lvk_image_decode("b.bmp", copy, bmp.size, &image), LVK_ERROR_FORMAT, "edit %zu", i);
        TREE_ERROR_HAS("b.bmp: ", edits[i].reason);
        free(copy);
    }
    cr_assert_eq(lvk_image_read(tree_path("nothing.bmp"), &image), LVK_ERROR_IO);
    TREE_ERROR_HAS("nothing.bmp: ");
    free(small.data);
    free(bmp.data);
    free(pixels);
}

/* A few thousand damaged files: each gives an image or a line, and nothing else. */
Test(image, damaged_files) {
    uint8_t *pixels = tree_draw(48, 3);
    bytes files[3] = {encode_bmp(pixels, 48), encode_png(pixels, 48, 3), copy_jpeg()};
    const lvk_random_key key = {.seed = 20190401};
    uint32_t draw = 0, refused = 0;
    for (int round = 0; round < 3000; ++round) {
        const bytes *file = &files[round % 3];
        uint8_t *copy = malloc(file->size);
        memcpy(copy, file->data, file->size);
        const uint32_t edits = 1 + lvk_random_word(&key, draw++) % 4;
        for (uint32_t e = 0; e < edits; ++e) {
            const uint32_t word = lvk_random_word(&key, draw++);
            const size_t near = round % 2 ? 64 : file->size; /* every second time in the headers */
            copy[word % (near < file->size ? near : file->size)] = (uint8_t)(word >> 24);
        }
        lvk_image image;
        const lvk_status status = lvk_image_decode("damaged", copy, file->size, &image);
        cr_assert((status == LVK_OK) == (image.pixels != NULL));
        if (status != LVK_OK) {
            TREE_ERROR_HAS("damaged: ");
            ++refused;
        }
        lvk_image_finish(&image);
        free(copy);
    }
    cr_assert_gt(refused, 1000);
    for (int f = 0; f < 3; ++f)
        free(files[f].data);
    free(pixels);
}

Test(image, real_odd_files) {
    static const struct {
        const char *name;
        uint32_t width, height; /* 0: refused, and why */
        const char *reason;
    } cases[] = {{"jpeg_named.png", 855, 487, NULL},
                 {"gray_jpeg_named.png", 800, 491, NULL},
                 {"palette_icon.png", 48, 48, NULL},
                 {"rgba_450.png", 457, 450, NULL},
                 {"la_1x1.png", 0, 0, "too small to be a cell"},
                 {"lfs_pointer.bmp", 0, 0, "Git LFS pointer"},
                 {"lfs_pointer_labels.csv", 0, 0, "Git LFS pointer"},
                 {"zero_bytes.jpg", 0, 0, "empty"},
                 {"truncated_half.bmp", 0, 0, "truncated BMP"},
                 {"truncated_header.bmp", 0, 0, "truncated BMP"}};
    const char *folder = tree_real_data();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char path[1024];
        lvk_image image;
        snprintf(path, sizeof path, "%s/bad_input/%s", folder, cases[i].name);
        const lvk_status status = lvk_image_read(path, &image);
        if (cases[i].width) {
            cr_assert_eq(status, LVK_OK, "%s", lvk_error_message());
            cr_assert(image.width == cases[i].width && image.height == cases[i].height, "%s", path);
        } else {
            cr_assert_eq(status, LVK_ERROR_FORMAT, "%s was read", path);
            TREE_ERROR_HAS(cases[i].name, cases[i].reason);
        }
        lvk_image_finish(&image);
    }
}
