#define _POSIX_C_SOURCE 200809L
#include "image/image.h"

#include "core/file.h"
#include "core/lfs_pointer.h"
#include "core/memory.h"
#include "image/budget.h"
#include "image/decoder.h"
#include "image/orientation.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

enum { MEASURING_BYTES = 16 << 20 }; /* more than a library takes to tell the size of a picture */

static const lvk_decoder *const decoders[] = {&lvk_bmp, &lvk_png, &lvk_jpeg, &lvk_tiff, &lvk_webp};

static lvk_status check_side(const char *name, uint32_t width, uint32_t height) {
    if (width < LVK_IMAGE_LEAST_SIDE || height < LVK_IMAGE_LEAST_SIDE)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %u x %u pixels, too small to be a cell (at least %d x %d)",
                        name, width, height, LVK_IMAGE_LEAST_SIDE, LVK_IMAGE_LEAST_SIDE);
    if (width > LVK_IMAGE_MOST_SIDE || height > LVK_IMAGE_MOST_SIDE)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: %u x %u pixels, larger than the %d x %d that are read", name,
                        width, height, LVK_IMAGE_MOST_SIDE, LVK_IMAGE_MOST_SIDE);
    return LVK_OK;
}

/* A file's bytes, and what decoding them takes. */
typedef struct file_image {
    const char *name;
    const void *data;
    size_t size;
    const lvk_decoder *decoder;
    lvk_image_need need;
} file_image;

static lvk_status find_decoder(file_image *file) {
    if (file->size == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: the file is empty", file->name);
    if (lvk_is_lfs_pointer(file->data, file->size))
        return lvk_fail(LVK_ERROR_FORMAT,
                        "%s: is a Git LFS pointer, not an image: fetch it with `git lfs pull`", file->name);
    if (file->size > LVK_IMAGE_MOST_BYTES)
        return lvk_fail(LVK_ERROR_LIMIT, "%s: %zu bytes, more than the %zu that are read", file->name,
                        file->size, LVK_IMAGE_MOST_BYTES);
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; ++i)
        if (decoders[i]->matches(file->data, file->size))
            file->decoder = decoders[i];
    return file->decoder
               ? LVK_OK
               : lvk_fail(LVK_ERROR_FORMAT, "%s: not a BMP, PNG, JPEG, TIFF or WebP image", file->name);
}

static size_t pixel_bytes(const lvk_image_need *need) {
    return (size_t)need->width * need->height * 3;
}

static size_t bytes_of(const lvk_image_need *need) {
    return pixel_bytes(need) + need->working;
}

static bool is_upright(const lvk_image_need *need) {
    return need->orientation <= LVK_ORIENTATION_UPRIGHT;
}

/* Libraries, among them libtiff and libwebp, call a picture broken for which memory is out. Where there is memory,
 * a second attempt tells the two apart. */
static lvk_status check_room(size_t bytes) {
    void *room = lvk_alloc(bytes, 1);
    lvk_free(room);
    return room ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status measure_by_decoder(file_image *file) {
    const lvk_decoder *decoder = file->decoder;
    const lvk_status status = decoder->measure(file->name, file->data, file->size, &file->need);
    if (status != LVK_ERROR_FORMAT)
        return status;
    LVK_TRY(check_room(MEASURING_BYTES));
    file->need = (lvk_image_need){0};
    return decoder->measure(file->name, file->data, file->size, &file->need);
}

static lvk_status decode_by_decoder(const file_image *file, lvk_image *image) {
    const lvk_decoder *decoder = file->decoder;
    const lvk_status status = decoder->decode(file->name, file->data, file->size, &file->need, image);
    if (status != LVK_ERROR_FORMAT)
        return status;
    LVK_TRY(check_room(file->need.working));
    return decoder->decode(file->name, file->data, file->size, &file->need, image);
}

static lvk_status measure(file_image *file) {
    LVK_TRY(find_decoder(file));
    LVK_TRY(measure_by_decoder(file));
    LVK_TRY(check_side(file->name, file->need.width, file->need.height));
    if (!is_upright(&file->need))
        file->need.working += pixel_bytes(&file->need); /* turning needs a second picture */
    return LVK_OK;
}

static lvk_status turn(const lvk_image_need *need, lvk_image *image) {
    uint8_t *turned = lvk_alloc(pixel_bytes(need), 1);
    if (!turned)
        return LVK_ERROR_MEMORY;
    lvk_orientation_turn(need->orientation, image->pixels, need->width, need->height, turned);
    lvk_free(image->pixels);
    image->pixels = turned;
    if (lvk_orientation_is_sideways(need->orientation)) {
        image->width = need->height;
        image->height = need->width;
    }
    return LVK_OK;
}

/* Decodes what was measured. bytes_of(need) are taken from the budget; what the image does not keep of them
 * is given back, all of it on failure. */
static lvk_status decode(const file_image *file, lvk_image *image) {
    const lvk_image_need *need = &file->need;
    lvk_image read = {.pixels = lvk_alloc(pixel_bytes(need), 1),
                      .width = need->width,
                      .height = need->height,
                      .black = need->black,
                      .budget = pixel_bytes(need),
                      .pages = need->pages ? need->pages : 1};
    lvk_status status = read.pixels ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = decode_by_decoder(file, &read);
    if (status == LVK_OK && !is_upright(need))
        status = turn(need, &read);
    if (status == LVK_OK) {
        *image = read;
        lvk_budget_give(need->working);
    } else {
        lvk_free(read.pixels);
        lvk_budget_give(bytes_of(need));
    }
    return status;
}

lvk_status lvk_image_decode(const char *name, const void *data, size_t size, lvk_image *image) {
    file_image file = {.name = name, .data = data, .size = size};
    *image = (lvk_image){0};
    LVK_TRY(measure(&file));
    lvk_budget_take(bytes_of(&file.need));
    return decode(&file, image);
}

/* Reads the file with `taken` bytes of the budget, of which it may use all. */
static lvk_status read_and_measure(const char *path, size_t limit, file_image *file, void **data) {
    *file = (file_image){.name = path};
    LVK_TRY(lvk_file_read(path, limit, data, &file->size));
    file->data = *data;
    const lvk_status status = measure(file);
    if (status != LVK_OK) {
        lvk_free(*data);
        *data = NULL;
    }
    return status;
}

/* The file's bytes are taken from the budget before it is read, and the picture's when they are known. Where
 * these do not fit, the file is let go and read again when there is room for both: no thread waits with
 * memory in hand. */
static lvk_status read_within(const char *path, size_t bytes, lvk_image *image) {
    file_image file;
    void *data = NULL;
    lvk_budget_take(bytes);
    lvk_status status = read_and_measure(path, bytes, &file, &data);
    if (status == LVK_OK && !lvk_budget_grow(bytes_of(&file.need))) {
        const size_t all = bytes + bytes_of(&file.need);
        const lvk_image_need first = file.need;
        lvk_free(data);
        data = NULL;
        lvk_budget_give(bytes);
        lvk_budget_take(all);
        status = read_and_measure(path, bytes, &file, &data);
        if (status == LVK_OK && bytes_of(&file.need) != bytes_of(&first)) {
            lvk_free(data);
            data = NULL;
            status = lvk_fail(LVK_ERROR_IO, "%s: has changed while it was read", path);
        }
        if (status != LVK_OK)
            lvk_budget_give(bytes_of(&first));
    }
    if (status == LVK_OK)
        status = decode(&file, image);
    lvk_free(data);
    lvk_budget_give(bytes);
    return status;
}

lvk_status lvk_image_read(const char *path, lvk_image *image) {
    struct stat info;
    *image = (lvk_image){0};
    const bool known = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    const size_t limit = LVK_IMAGE_MOST_BYTES, size = known ? (size_t)info.st_size : 0;
    if (known && size <= limit)
        return read_within(path, size, image);
    void *data; /* fails with the reason */
    LVK_TRY(lvk_file_read(path, known ? limit : 0, &data, &(size_t){0}));
    lvk_free(data);
    return lvk_fail(LVK_ERROR_IO, "%s: has changed while it was read", path);
}

void lvk_image_finish(lvk_image *image) {
    lvk_free(image->pixels);
    lvk_budget_give(image->budget);
    *image = (lvk_image){0};
}

static int brightness(const uint8_t *pixel) {
    return pixel[0] + pixel[1] + pixel[2];
}

/* Adds the Laplacian at a pixel that is not background, unless one of its neighbours is. */
static void add_edge(const lvk_image *image, const uint8_t *pixel, lvk_image_measures *measures) {
    const ptrdiff_t row = (ptrdiff_t)image->width * 3;
    const uint8_t *const neighbours[4] = {pixel - row, pixel - 3, pixel + 3, pixel + row};
    int edge = 4 * brightness(pixel);
    for (int n = 0; n < 4; ++n) {
        if (lvk_pixel_is_black(neighbours[n], image->black))
            return;
        edge -= brightness(neighbours[n]);
    }
    measures->edge_sum += (uint64_t)abs(edge);
    ++measures->edge_count;
}

void lvk_image_measure(const lvk_image *image, lvk_image_measures *measures) {
    const uint32_t width = image->width, height = image->height;
    uint32_t left = width, right = 0, top = height, bottom = 0;
    const uint8_t *pixel = image->pixels;
    lvk_image_measures m = {0};
    for (uint32_t y = 0; y < height; ++y) {
        for (uint32_t x = 0; x < width; ++x, pixel += 3) {
            if (lvk_pixel_is_black(pixel, image->black))
                continue;
            ++m.area;
            for (int c = 0; c < 3; ++c) {
                m.sum[c] += pixel[c];
                m.square_sum[c] += (uint32_t)pixel[c] * pixel[c];
            }
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y;
            if (x > 0 && y > 0 && x + 1 < width && y + 1 < height)
                add_edge(image, pixel, &m);
        }
    }
    if (left <= right)
        m.box = (right - left + 1) * (bottom - top + 1);
    *measures = m;
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
