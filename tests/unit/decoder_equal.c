/* What a process of its own says of a picture is what its decoder says here: pixels, or the line. */
#include "core/file.h"
#include "core/memory.h"
#include "core/random.h"
#include "decode/decoder.h"
#include "image/image.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const lvk_random_key key = {.seed = 20260721};
static uint32_t draw;
static int read_well, refused;

static const lvk_decoder *decoder_of(const uint8_t *data, size_t size) {
    static const lvk_decoder *const foreign[] = {&lvk_png, &lvk_jpeg, &lvk_tiff, &lvk_webp};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; ++i)
        if (foreign[i]->matches(data, size))
            return foreign[i];
    return NULL;
}

static lvk_status decode_here(const lvk_decoder *decoder, const char *name, const uint8_t *data, size_t size,
                              lvk_image_need *need, lvk_decoded *decoded) {
    LVK_TRY(lvk_decoder_measure(decoder, name, data, size, need));
    LVK_TRY(lvk_decoder_check_side(name, need));
    decoded->pixels = lvk_alloc(lvk_pixel_bytes(need), 1);
    if (!decoded->pixels)
        return LVK_ERROR_MEMORY;
    return lvk_decoder_decode(decoder, name, data, size, need, decoded);
}

/* Pictures that are turned have other pixels; tests/unit/data_orientation.c looks at those. */
static bool is_equal(const lvk_image *image, const lvk_image_need *need, const lvk_decoded *decoded) {
    if (image->black != need->black || image->pages != (need->pages ? need->pages : 1) ||
        image->bits != decoded->bits || image->bits_told != decoded->bits_told)
        return false;
    return need->orientation > 1 || (image->width == need->width && image->height == need->height &&
                                     memcmp(image->pixels, decoded->pixels, lvk_pixel_bytes(need)) == 0);
}

static bool is_same(const char *name, const uint8_t *data, size_t size, const lvk_decoder *decoder) {
    char line[1024];
    lvk_image image;
    lvk_image_need need;
    lvk_decoded decoded = {.pixels = NULL};
    const lvk_status here = decode_here(decoder, name, data, size, &need, &decoded);
    snprintf(line, sizeof line, "%s", lvk_error_message());
    const lvk_status apart = lvk_image_decode(name, data, size, &image);
    const bool told = here == LVK_OK || strcmp(line, lvk_error_message()) == 0;
    const bool same = here == apart && told && (here != LVK_OK || is_equal(&image, &need, &decoded));
    read_well += here == LVK_OK;
    refused += here != LVK_OK;
    lvk_image_finish(&image);
    lvk_free(decoded.pixels);
    return same;
}

static void compare(const char *name, const uint8_t *data, size_t size) {
    const lvk_decoder *decoder = size ? decoder_of(data, size) : NULL;
    if (decoder)
        cr_expect(is_same(name, data, size, decoder), "%s: %s", name, lvk_error_message());
}

/* Every allocation may fail: that is told as it is, and leaves nothing. */
static void expect_memory_to_fail(const char *name, const uint8_t *data, size_t size) {
    const lvk_decoder *decoder = size ? decoder_of(data, size) : NULL;
    const uint64_t live = lvk_alloc_live();
    for (uint64_t n = 1; decoder; ++n) {
        lvk_image_need need;
        lvk_decoded decoded = {.pixels = NULL};
        (void)lvk_alloc_fail_after(n);
        const lvk_status status = decode_here(decoder, name, data, size, &need, &decoded);
        const uint64_t made = lvk_alloc_fail_after(0);
        lvk_free(decoded.pixels);
        cr_assert_eq(lvk_alloc_live(), live, "%s: memory is left when allocation %d fails", name, (int)n);
        if (made < n)
            break;
        cr_expect_eq(status, LVK_ERROR_MEMORY, "%s: status %d when allocation %d fails", name, (int)status,
                     (int)n);
    }
}

/* As it is, and with bytes that are cut off or changed. */
static void compare_variants(const char *name, uint8_t *data, size_t size) {
    enum { VARIANTS = 8 };
    compare(name, data, size);
    for (int i = 0; i < VARIANTS && size > 0; ++i) {
        const uint32_t at = lvk_random_word(&key, draw++) % (uint32_t)size;
        if (i < VARIANTS / 4) {
            compare(name, data, at);
        } else {
            const uint8_t kept = data[at];
            data[at] = (uint8_t)lvk_random_word(&key, draw++);
            compare(name, data, size);
            data[at] = kept;
        }
    }
}

Test(decoder_equal, the_corpus_of_the_fuzzer, .timeout = 300) {
    DIR *folder = opendir(CORPUS);
    cr_assert_not_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char path[1024];
        void *data;
        size_t size;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, CORPUS "/%s", entry->d_name);
        cr_assert_eq(lvk_file_read(path, (size_t)1 << 24, &data, &size), LVK_OK, "%s", lvk_error_message());
        compare_variants(entry->d_name, data, size);
        expect_memory_to_fail(entry->d_name, data, size);
        lvk_free(data);
    }
    closedir(folder);
    cr_expect_gt(read_well, 50, "%d", read_well);
    cr_expect_gt(refused, 50, "%d", refused);
}
