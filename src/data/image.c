#include "data/image.h"

#include "core/file.h"
#include "core/lfs_pointer.h"
#include "core/memory.h"
#include "data/bmp.h"
#include "data/container.h"

#include <string.h>
#include <xxhash.h>

/* The most that the decoder may ask for at once: set from the picture's size before it runs, so that a small
 * file which inflates without end fails early. */
static _Thread_local size_t allocation_limit;
static _Thread_local bool memory_is_out;

static void *bounded_realloc(void *memory, size_t size) {
    if (size > allocation_limit)
        return NULL;
    void *grown = memory ? lvk_realloc(memory, size, 1) : lvk_alloc(size, 1);
    memory_is_out |= !grown;
    return grown;
}

#define STBI_MALLOC(size)          bounded_realloc(NULL, size)
#define STBI_REALLOC(memory, size) bounded_realloc(memory, size)
#define STBI_FREE(memory)          lvk_free(memory)
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS 8192
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#pragma GCC diagnostic ignored "-Wunused-function" /* reported at the end of the file, so not popped */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

static bool is_png(const uint8_t *data, size_t size) {
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    return size >= sizeof signature && memcmp(data, signature, sizeof signature) == 0;
}

static bool is_jpeg(const uint8_t *data, size_t size) {
    return size >= 3 && data[0] == 0xFF && data[1] == 0xD8 && data[2] == 0xFF;
}

static lvk_status check_side(const char *name, int width, int height) {
    if (width < LVK_IMAGE_LEAST_SIDE || height < LVK_IMAGE_LEAST_SIDE)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %d x %d pixels, too small to be a cell (at least %d x %d)",
                        name, width, height, LVK_IMAGE_LEAST_SIDE, LVK_IMAGE_LEAST_SIDE);
    if (width > LVK_IMAGE_MOST_SIDE || height > LVK_IMAGE_MOST_SIDE)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %d x %d pixels, larger than the %d x %d that are read", name,
                        width, height, LVK_IMAGE_MOST_SIDE, LVK_IMAGE_MOST_SIDE);
    return LVK_OK;
}

/* Grey to RGB, alpha over black. */
static void to_rgb(const uint8_t *in, int channels, size_t count, uint8_t *out) {
    for (size_t i = 0; i < count; ++i, in += channels, out += 3) {
        const int alpha = channels == 2 ? in[1] : channels == 4 ? in[3] : 255;
        for (int c = 0; c < 3; ++c)
            out[c] = (uint8_t)((in[channels < 3 ? 0 : c] * alpha + 127) / 255);
    }
}

static lvk_status fail_stb(const char *name) {
    return memory_is_out ? LVK_ERROR_MEMORY
                         : lvk_fail(LVK_ERROR_FORMAT, "%s: broken image: %s", name, stbi_failure_reason());
}

static lvk_status decode_stb(const char *name, const uint8_t *data, size_t size, lvk_image *image) {
    int width, height, channels;
    allocation_limit = (size_t)1 << 20;
    memory_is_out = false;
    if (!stbi_info_from_memory(data, (int)size, &width, &height, &channels))
        return fail_stb(name);
    LVK_TRY(check_side(name, width, height));
    allocation_limit = (size_t)width * (size_t)height * 16 + ((size_t)4 << 20);
    uint8_t *pixels = stbi_load_from_memory(data, (int)size, &width, &height, &channels, 0);
    if (!pixels)
        return fail_stb(name);
    image->width = (uint32_t)width;
    image->height = (uint32_t)height;
    if (channels == 3) {
        image->pixels = pixels;
        return LVK_OK;
    }
    image->pixels = lvk_alloc((size_t)width * (size_t)height, 3);
    if (image->pixels)
        to_rgb(pixels, channels, (size_t)width * (size_t)height, image->pixels);
    lvk_free(pixels);
    return image->pixels ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status decode(const char *name, const uint8_t *data, size_t size, lvk_image *image) {
    if (size == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: the file is empty", name);
    if (lvk_is_lfs_pointer(data, size))
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: is a Git LFS pointer, not an image: fetch it with `git lfs pull`", name);
    if (size > LVK_IMAGE_MOST_BYTES)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: %zu bytes, more than the %zu that are read", name, size,
                        LVK_IMAGE_MOST_BYTES);
    if (size >= 2 && data[0] == 'B' && data[1] == 'M') {
        LVK_TRY(lvk_bmp_decode(name, data, size, image));
        return check_side(name, (int)image->width, (int)image->height);
    }
    if (is_png(data, size)) {
        LVK_TRY(lvk_png_check(name, data, size));
        return decode_stb(name, data, size, image);
    }
    if (is_jpeg(data, size)) {
        LVK_TRY(lvk_jpeg_check(name, data, size));
        image->black = LVK_IMAGE_JPEG_BLACK;
        return decode_stb(name, data, size, image);
    }
    return lvk_fail(LVK_ERROR_FORMAT, "%s: not a BMP, PNG or JPEG image", name);
}

lvk_status lvk_image_decode(const char *name, const void *data, size_t size, lvk_image *image) {
    *image = (lvk_image){0};
    const lvk_status status = decode(name, data, size, image);
    if (status != LVK_OK)
        lvk_image_finish(image);
    return status;
}

lvk_status lvk_image_read(const char *path, lvk_image *image) {
    void *data;
    size_t size;
    *image = (lvk_image){0};
    LVK_TRY(lvk_file_read(path, LVK_IMAGE_MOST_BYTES, &data, &size));
    const lvk_status status = lvk_image_decode(path, data, size, image);
    lvk_free(data);
    return status;
}

void lvk_image_finish(lvk_image *image) {
    lvk_free(image->pixels);
    *image = (lvk_image){0};
}

uint32_t lvk_image_area(const lvk_image *image) {
    uint32_t area = 0;
    const size_t count = (size_t)image->width * image->height;
    for (size_t i = 0; i < count; ++i)
        area += !lvk_pixel_is_black(image->pixels + i * 3, image->black);
    return area;
}

void lvk_image_colour(const lvk_image *image, uint64_t sum[3], uint64_t square_sum[3]) {
    uint64_t values[3] = {0}, squares[3] = {0};
    const size_t count = (size_t)image->width * image->height;
    for (size_t i = 0; i < count; ++i) {
        const uint8_t *pixel = image->pixels + i * 3;
        if (lvk_pixel_is_black(pixel, image->black))
            continue;
        for (int c = 0; c < 3; ++c) {
            values[c] += pixel[c];
            squares[c] += (uint32_t)pixel[c] * pixel[c];
        }
    }
    memcpy(sum, values, sizeof values);
    memcpy(square_sum, squares, sizeof squares);
}

void lvk_image_hash(const lvk_image *image, uint64_t hash[2]) {
    const XXH128_hash_t value = XXH3_128bits_withSeed(image->pixels, (size_t)image->width * image->height * 3,
                                                      (uint64_t)image->width << 32 | image->height);
    hash[0] = value.high64;
    hash[1] = value.low64;
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA
 * 2014): a bijection whose output bits all depend on all of the input's. */
static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27) * 0x94d049bb133111ebU;
    return x ^ x >> 31;
}

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t in_order(uint64_t a, uint64_t b) {
    return smaller(a, b) << 32 | (a < b ? b : a);
}

void lvk_image_turned_hash(const lvk_image *image, uint64_t hash[2]) {
    static const uint64_t second = 0x9e3779b97f4a7c15U;
    const uint64_t width = image->width, height = image->height;
    const uint8_t *pixel = image->pixels;
    hash[0] = mix(in_order(width, height));
    hash[1] = mix(hash[0] ^ second);
    for (uint64_t y = 0; y < height; ++y) {
        for (uint64_t x = 0; x < width; ++x, pixel += 3) {
            const uint64_t colour = (uint64_t)pixel[0] << 16 | (uint64_t)pixel[1] << 8 | pixel[2];
            if (colour == 0) /* most of a cell's image */
                continue;
            const uint64_t edges = in_order(smaller(x, width - 1 - x), smaller(y, height - 1 - y));
            const uint64_t drawn = mix(mix(edges) ^ colour);
            hash[0] += drawn;
            hash[1] += mix(drawn ^ second);
        }
    }
}
