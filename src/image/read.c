#define _POSIX_C_SOURCE 200809L
#include "image/image.h"

#include "core/file.h"
#include "core/lfs_pointer.h"
#include "core/memory.h"
#include "decode/orientation.h"
#include "image/budget.h"
#include "image/decoder_process.h"

#include <sys/stat.h>

/* A picture that needs no more is decoded without a question for its need: most cells are. */
#define AT_ONCE ((size_t)4 << 20)
/* Bytes of a process beside the file and what decoding takes. */
#define PROCESS_BYTES ((size_t)64 << 20)

enum { OURS = LVK_DECODER_COUNT, MOST_ROUNDS = 4 };

/* Those of libraries come first, by their numbers for the process that decodes them. */
static const lvk_decoder *const decoders[] = {
    [LVK_DECODER_PNG] = &lvk_png,
    [LVK_DECODER_JPEG] = &lvk_jpeg,
    [LVK_DECODER_TIFF] = &lvk_tiff,
    [LVK_DECODER_WEBP] = &lvk_webp,
    [OURS] = &lvk_bmp,
};

typedef struct file_image {
    const char *name;
    const void *data;
    size_t size;
    uint32_t format; /* an index of `decoders` */
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
    for (file->format = 0; file->format <= OURS; ++file->format)
        if (decoders[file->format]->matches(file->data, file->size))
            return LVK_OK;
    return lvk_fail(LVK_ERROR_FORMAT, "%s: not a BMP, PNG, JPEG, TIFF or WebP image", file->name);
}

/* ---- the budget ---- */

/* What a picture has of the budget. No thread waits with a file's bytes in hand: where there is no room for
 * more, all is given back, and the picture begins once more when there is. */
typedef struct share {
    size_t file; /* of it, for the file's bytes */
    size_t taken;
    bool again;    /* it must begin once more, with `wanted` */
    size_t wanted; /* bytes in all */
    size_t memory; /* of the process that decodes it, at least */
} share;

static bool claim(share *s, size_t bytes) {
    s->wanted = bytes;
    if (s->taken == 0)
        lvk_budget_take(bytes);
    else if (bytes > s->taken && !lvk_budget_grow(bytes - s->taken))
        s->again = true;
    if (!s->again && s->taken < bytes)
        s->taken = bytes;
    return !s->again;
}

static void begin_again(share *s) {
    lvk_budget_give(s->taken);
    lvk_budget_take(s->wanted);
    s->taken = s->wanted;
    s->again = false;
}

/* The picture keeps its pixels' share. */
static void settle(const share *s, lvk_status status, lvk_image *image) {
    image->budget = status == LVK_OK ? (size_t)image->width * image->height * 3 : 0;
    lvk_budget_give(s->taken - image->budget);
}

/* ---- decoding ---- */

static bool is_upright(const lvk_image_need *need) {
    return need->orientation <= LVK_ORIENTATION_UPRIGHT;
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

/* Makes the picture of its pixels, which it takes over. */
static lvk_status finish(const lvk_image_need *need, const lvk_decoded *decoded, lvk_image *image) {
    lvk_image read = {.pixels = decoded->pixels,
                      .width = need->width,
                      .height = need->height,
                      .black = need->black,
                      .pages = need->pages ? need->pages : 1,
                      .bits = decoded->bits,
                      .bits_told = decoded->bits_told};
    const lvk_status status = is_upright(need) ? LVK_OK : turn(need, &read);
    if (status == LVK_OK)
        *image = read;
    else
        lvk_free(read.pixels);
    return status;
}

/* By this process. */
static lvk_status decode_here(const file_image *file, share *s, lvk_image *image) {
    const lvk_decoder *decoder = decoders[file->format];
    lvk_image_need need;
    LVK_TRY(lvk_decoder_measure(decoder, file->name, file->data, file->size, &need));
    LVK_TRY(lvk_decoder_check_side(file->name, &need));
    const size_t pixels = lvk_pixel_bytes(&need);
    if (!claim(s, s->file + need.working + (is_upright(&need) ? 1 : 2) * pixels))
        return LVK_OK;
    lvk_decoded decoded = {.pixels = lvk_alloc(pixels, 1)};
    if (!decoded.pixels)
        return LVK_ERROR_MEMORY;
    const lvk_status status =
        lvk_decoder_decode(decoder, file->name, file->data, file->size, &need, &decoded);
    if (status == LVK_OK)
        return finish(&need, &decoded, image);
    lvk_free(decoded.pixels);
    return status;
}

static lvk_status receive_pixels(lvk_decoder_process *process, const lvk_decoder_answer *answer,
                                 lvk_image *image) {
    lvk_decoded decoded = {.pixels = lvk_alloc(lvk_pixel_bytes(&answer->need), 1),
                           .bits = answer->bits,
                           .bits_told = answer->bits_told == 1};
    process->over |= !decoded.pixels; /* nobody will receive them */
    if (!decoded.pixels)
        return LVK_ERROR_MEMORY;
    const lvk_status status = lvk_decoder_process_pixels(process, answer, decoded.pixels);
    if (status == LVK_OK)
        return finish(&answer->need, &decoded, image);
    lvk_free(decoded.pixels);
    return status;
}

static lvk_status decode_by(lvk_decoder_process *process, const file_image *file, share *s,
                            lvk_image *image) {
    const size_t files = s->file + file->size; /* with the copy of the other process */
    lvk_decoder_answer answer;
    if (!claim(s, files + AT_ONCE))
        return LVK_OK;
    LVK_TRY(
        lvk_decoder_process_ask(process, file->format, file->data, file->size, s->taken - files, &answer));
    if (!answer.decoded) {
        const size_t bytes = lvk_decoder_bytes(&answer.need);
        s->memory = file->size + bytes + PROCESS_BYTES;
        if (!claim(s, files + bytes) || s->memory > process->child.bounds.memory) {
            s->again = true;
            lvk_decoder_process_let_go(process);
            return LVK_OK;
        }
        LVK_TRY(lvk_decoder_process_go_on(process, &answer));
    }
    return receive_pixels(process, &answer, image);
}

/* By a process of its own. One that has decoded other pictures may suffer from them, and is given a second
 * chance by a new one. */
static lvk_status decode_apart(const file_image *file, share *s, lvk_image *image) {
    for (bool fresh = false;; fresh = true) {
        lvk_decoder_process *process;
        LVK_TRY(lvk_decoder_pool_take(file->name, s->memory, fresh, &process));
        if (!process)
            return decode_here(file, s, image);
        const lvk_status status = decode_by(process, file, s, image);
        const bool is_over = !process->failed || !process->used || process->child.out_of_time;
        lvk_decoder_pool_give(process);
        if (is_over)
            return status;
    }
}

static lvk_status decode(file_image *file, share *s, lvk_image *image) {
    LVK_TRY(find_decoder(file));
    return file->format == OURS ? decode_here(file, s, image) : decode_apart(file, s, image);
}

static lvk_status fail_changed(const char *path) {
    return lvk_fail(LVK_ERROR_IO, "%s: has changed while it was read", path);
}

lvk_status lvk_image_decode(const char *name, const void *data, size_t size, lvk_image *image) {
    file_image file = {.name = name, .data = data, .size = size};
    share s = {.file = 0};
    *image = (lvk_image){0};
    lvk_status status = decode(&file, &s, image);
    for (int round = 1; s.again && round < MOST_ROUNDS; ++round) {
        begin_again(&s);
        status = decode(&file, &s, image);
    }
    if (s.again)
        status = fail_changed(name);
    settle(&s, status, image);
    return status;
}

static lvk_status read_and_decode(const char *path, size_t limit, share *s, lvk_image *image) {
    file_image file = {.name = path};
    void *data;
    LVK_TRY(lvk_file_read(path, limit, &data, &file.size));
    file.data = data;
    const lvk_status status = decode(&file, s, image);
    lvk_free(data);
    return status;
}

/* The file's bytes are taken from the budget before it is read, and the picture's when they are known. */
static lvk_status read_within(const char *path, size_t bytes, lvk_image *image) {
    share s = {.file = bytes, .taken = bytes};
    lvk_budget_take(bytes);
    lvk_status status = read_and_decode(path, bytes, &s, image);
    for (int round = 1; s.again && round < MOST_ROUNDS; ++round) {
        begin_again(&s);
        status = read_and_decode(path, bytes, &s, image);
    }
    if (s.again)
        status = fail_changed(path);
    settle(&s, status, image);
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
    return fail_changed(path);
}

void lvk_image_finish(lvk_image *image) {
    lvk_free(image->pixels);
    lvk_budget_give(image->budget);
    *image = (lvk_image){0};
}
