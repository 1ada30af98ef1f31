#define _POSIX_C_SOURCE 200809L
#include "image/image.h"

#include "core/file.h"
#include "core/lfs_pointer.h"
#include "core/memory.h"
#include "decode/decoder.h"
#include "decode/orientation.h"
#include "image/budget.h"

#include <sys/stat.h>

static const lvk_decoder *const decoders[] = {&lvk_bmp, &lvk_png, &lvk_jpeg, &lvk_tiff, &lvk_webp};

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

static size_t bytes_of(const lvk_image_need *need) {
    return lvk_pixel_bytes(need) + need->working;
}

static bool is_upright(const lvk_image_need *need) {
    return need->orientation <= LVK_ORIENTATION_UPRIGHT;
}

static lvk_status measure(file_image *file) {
    LVK_TRY(find_decoder(file));
    LVK_TRY(lvk_decoder_measure(file->decoder, file->name, file->data, file->size, &file->need));
    LVK_TRY(lvk_decoder_check_side(file->name, &file->need));
    if (!is_upright(&file->need))
        file->need.working += lvk_pixel_bytes(&file->need); /* turning needs a second picture */
    return LVK_OK;
}

static lvk_status turn(const lvk_image_need *need, lvk_image *image) {
    uint8_t *turned = lvk_alloc(lvk_pixel_bytes(need), 1);
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

static lvk_status decode_into(const file_image *file, lvk_image *image) {
    lvk_decoded decoded = {.pixels = image->pixels};
    LVK_TRY(lvk_decoder_decode(file->decoder, file->name, file->data, file->size, &file->need, &decoded));
    image->bits = decoded.bits;
    image->bits_told = decoded.bits_told;
    return LVK_OK;
}

/* Decodes what was measured. bytes_of(need) are taken from the budget; what the image does not keep of them
 * is given back, all of it on failure. */
static lvk_status decode(const file_image *file, lvk_image *image) {
    const lvk_image_need *need = &file->need;
    lvk_image read = {.pixels = lvk_alloc(lvk_pixel_bytes(need), 1),
                      .width = need->width,
                      .height = need->height,
                      .black = need->black,
                      .budget = lvk_pixel_bytes(need),
                      .pages = need->pages ? need->pages : 1};
    lvk_status status = read.pixels ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = decode_into(file, &read);
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
