/* WebP files, lossless and lossy, with an alpha channel, animated, and damaged. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include <webp/encode.h>

TestSuite(webp, .init = tree_create, .fini = tree_remove);

enum { SIDE = 64, PIXELS = SIDE * SIDE };

typedef struct bytes {
    uint8_t *data; /* freed by free() */
    size_t size;
} bytes;

static lvk_image image;

/* Picture 3 of the tree, in RGBA; its alpha falls from left to right where the picture has one. */
static uint8_t *draw(bool alpha) {
    uint8_t *pixels = tree_draw(SIDE, 3), *out = malloc((size_t)PIXELS * 4);
    for (size_t i = 0; i < PIXELS; ++i) {
        memcpy(out + i * 4, pixels + i * 3, 3);
        out[i * 4 + 3] = alpha ? (uint8_t)(255 - i % SIDE * 3) : 255;
    }
    free(pixels);
    return out;
}

static bytes encode(const uint8_t *rgba, uint32_t width, uint32_t height, bool lossless) {
    WebPConfig config;
    WebPPicture picture;
    WebPMemoryWriter writer;
    cr_assert(WebPConfigInit(&config) && WebPPictureInit(&picture));
    config.lossless = lossless;
    config.exact = 1;
    config.quality = 95;
    WebPMemoryWriterInit(&writer);
    picture.use_argb = lossless;
    picture.width = (int)width;
    picture.height = (int)height;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
    cr_assert(WebPPictureImportRGBA(&picture, rgba, (int)width * 4) && WebPEncode(&config, &picture));
    WebPPictureFree(&picture);
    bytes file = {malloc(writer.size), writer.size};
    memcpy(file.data, writer.mem, writer.size);
    WebPMemoryWriterClear(&writer);
    return file;
}

static void put(bytes *file, const void *data, size_t size) {
    file->data = realloc(file->data, file->size + size);
    memcpy(file->data + file->size, data, size);
    file->size += size;
}

static void put_number(bytes *file, uint32_t value, int size) {
    for (int i = 0; i < size; ++i)
        put(file, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

static void set_size(bytes *file) {
    for (int i = 0; i < 4; ++i)
        file->data[4 + i] = (uint8_t)((file->size - 8) >> 8 * i);
}

/* A file with a header VP8X. */
static bytes begin_extended(uint8_t flags, uint32_t width, uint32_t height) {
    bytes file = {NULL, 0};
    put(&file, "RIFF\0\0\0\0WEBPVP8X", 16);
    put_number(&file, 10, 4);
    put_number(&file, flags, 4);
    put_number(&file, width - 1, 3);
    put_number(&file, height - 1, 3);
    return file;
}

/* A frame with the chunks of a still file behind its RIFF header. */
static void put_frame(bytes *file, const bytes *still, uint32_t x, uint32_t y, uint32_t width,
                      uint32_t height) {
    put(file, "ANMF", 4);
    put_number(file, (uint32_t)still->size - 12 + 16, 4);
    put_number(file, x / 2, 3);
    put_number(file, y / 2, 3);
    put_number(file, width - 1, 3);
    put_number(file, height - 1, 3);
    put_number(file, 100, 3);
    put_number(file, 0, 1);
    put(file, still->data + 12, still->size - 12);
}

static void decode(const bytes *file, const char *what) {
    cr_assert_eq(lvk_image_decode("x.webp", file->data, file->size, &image), LVK_OK, "%s: %s", what,
                 lvk_error_message());
}

Test(webp, lossless_and_lossy) {
    for (int kind = 0; kind < 4; ++kind) {
        const bool lossless = kind & 1, alpha = kind & 2;
        uint8_t *rgba = draw(alpha);
        bytes file = encode(rgba, SIDE, SIDE, lossless);
        double sum = 0;
        decode(&file, "a picture");
        cr_assert(image.width == SIDE && image.height == SIDE && image.pages == 1);
        cr_assert_eq(image.black, lossless ? 0 : LVK_IMAGE_LOSSY_BLACK);
        for (size_t i = 0; i < (size_t)PIXELS * 3; ++i) {
            const int expected = (rgba[i / 3 * 4 + i % 3] * rgba[i / 3 * 4 + 3] + 127) / 255;
            cr_assert(!lossless || image.pixels[i] == expected, "kind %d, byte %zu: %u, not %d", kind, i,
                      image.pixels[i], expected);
            sum += abs(image.pixels[i] - expected);
        }
        cr_expect_lt(sum / (PIXELS * 3), 16, "kind %d is off by %g", kind,
                     sum / (PIXELS * 3)); /* it is noise */
        lvk_image_finish(&image);
        free(file.data);
        free(rgba);
    }
}

/* The first frame on a black canvas; the image says how many there are. */
Test(webp, animation) {
    enum { WIDE = 100, HIGH = 90, X = 20, Y = 10 };
    uint8_t *rgba = draw(true);
    bytes still = encode(rgba, SIDE, SIDE, true), file = begin_extended(0x12, WIDE, HIGH);
    put(&file, "ANIM\6\0\0\0\xFF\xFF\xFF\xFF\0\0", 14); /* a white background, which viewers ignore as well */
    put_frame(&file, &still, X, Y, SIDE, SIDE);
    put_frame(&file, &still, 0, 0, SIDE, SIDE);
    set_size(&file);
    decode(&file, "an animation");
    cr_assert(image.width == WIDE && image.height == HIGH && image.pages == 2);
    for (int y = 0; y < HIGH; ++y)
        for (int x = 0; x < WIDE; ++x)
            for (int c = 0; c < 3; ++c) {
                const bool inside = x >= X && x < X + SIDE && y >= Y && y < Y + SIDE;
                const uint8_t *in = rgba + (inside ? ((y - Y) * SIDE + x - X) * 4 : 0);
                cr_assert_eq(image.pixels[(y * WIDE + x) * 3 + c], inside ? (in[c] * in[3] + 127) / 255 : 0);
            }
    lvk_image_finish(&image);
    file.data[12 + 18 + 14 + 8 + 3] = 40; /* y: 80 and 64 rows are more than 90 */
    cr_assert_eq(lvk_image_decode("x.webp", file.data, file.size, &image), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("x.webp: broken WebP: ");
    free(file.data);
    free(still.data);
    free(rgba);
}

Test(webp, cut_anywhere) {
    for (int kind = 0; kind < 4; ++kind) {
        uint8_t *rgba = draw(kind & 2);
        bytes file = encode(rgba, SIDE, SIDE, kind & 1);
        const size_t whole = file.size;
        for (size_t size = 0; size < whole; size += 1 + whole / 200) {
            uint8_t *copy = malloc(size ? size : 1);
            memcpy(copy, file.data, size);
            cr_assert_eq(lvk_image_decode("x.webp", copy, size, &image), LVK_ERROR_FORMAT,
                         "kind %d: %zu of %zu bytes", kind, size, whole);
            TREE_ERROR_HAS("x.webp: ");
            free(copy);
        }
        /* the same with sizes that fit what is left: the bitstream itself ends early */
        for (size_t size = whole - 8; size > whole / 2; size -= 1 + whole / 50) {
            bytes cut = {malloc(size), size};
            memcpy(cut.data, file.data, size);
            set_size(&cut);
            for (int i = 0; kind < 2 && i < 4; ++i) /* of the only chunk */
                cut.data[16 + i] = (uint8_t)((size - 20) >> 8 * i);
            cr_assert_eq(lvk_image_decode("x.webp", cut.data, size, &image), LVK_ERROR_FORMAT,
                         "kind %d: %zu of %zu", kind, size, whole);
            TREE_ERROR_HAS("x.webp: ", "WebP: ");
            free(cut.data);
        }
        free(file.data);
        free(rgba);
    }
}

Test(webp, refused) {
    uint8_t *rgba = draw(false);
    bytes small = encode(rgba, 31, SIDE, true), empty = begin_extended(0x02, SIDE, SIDE);
    bytes large = begin_extended(0, 9000, SIDE);
    const bytes *files[] = {&small, &empty, &large};
    set_size(&empty);
    set_size(&large);
    static const char *const reasons[] = {"31 x 64 pixels, too small to be a cell",
                                          "an animation without a frame", "9000 x 64 pixels, larger than"};
    for (int i = 0; i < 3; ++i) {
        cr_assert_eq(lvk_image_decode("x.webp", files[i]->data, files[i]->size, &image), LVK_ERROR_FORMAT);
        TREE_ERROR_HAS("x.webp: ", reasons[i]);
        free(files[i]->data);
    }
    free(rgba);
}
