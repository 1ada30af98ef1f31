/* Trees of images in a temporary folder, for tests. Header only. */
#ifndef LVK_TESTS_TREE_H
#define LVK_TESTS_TREE_H

#include "core/file.h"
#include "core/memory.h"
#include "image/encode.h"
#include "image/image.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TREE_UNUSED __attribute__((unused))

static char tree_root[64]; /* the folder of this test */

static int tree_remove_one(const char *path, const struct stat *info, int type, struct FTW *walk) {
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

/* Suite fixtures: .init = tree_create, .fini = tree_remove. */
TREE_UNUSED static void tree_create(void) {
    strcpy(tree_root, "/tmp/leukvk-test-XXXXXX");
    cr_assert(mkdtemp(tree_root), "no temporary folder");
}

TREE_UNUSED static void tree_remove(void) {
    nftw(tree_root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* "<root>/<relative>" in one of eight static buffers. */
static const char *tree_path(const char *relative) {
    static char paths[8][1024];
    static int next;
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[next], "%s%s%s", tree_root, *relative ? "/" : "", relative);
    return paths[next];
}

/* Writes a file and the folders above it. */
static void tree_write(const char *relative, const void *data, size_t size) {
    char folder[1024];
    snprintf(folder, sizeof folder, "%s", tree_path(relative));
    *strrchr(folder, '/') = '\0';
    cr_assert_eq(lvk_folder_create(folder), LVK_OK, "%s", lvk_error_message());
    FILE *file = fopen(tree_path(relative), "wb"); /* lvk_file_write would wait for the disk */
    cr_assert(file && fwrite(data, 1, size, file) == size && fclose(file) == 0, "%s", tree_path(relative));
}

TREE_UNUSED static void tree_write_text(const char *relative, const char *text) {
    tree_write(relative, text, strlen(text));
}

/* Draws a picture that differs for every `number`: a grey disc with a pattern of coloured pixels, on
 * black. */
TREE_UNUSED static uint8_t *tree_draw(uint32_t side, uint32_t number) {
    uint8_t *pixels = calloc((size_t)side * side, 3);
    cr_assert(pixels, "out of memory");
    const int radius = (int)side / 3, center = (int)side / 2;
    for (int y = 0; y < (int)side; ++y) {
        for (int x = 0; x < (int)side; ++x) {
            uint8_t *pixel = pixels + ((size_t)y * side + (size_t)x) * 3;
            if ((x - center) * (x - center) + (y - center) * (y - center) < radius * radius)
                for (int c = 0; c < 3; ++c)
                    pixel[c] =
                        (uint8_t)(60 + (x * 7 + y * 13 + c * 31 + (int)(number * 2654435761U >> 20)) % 180);
        }
    }
    for (int c = 0; c < 3; ++c) /* the pattern, which differs for numbers up to 2^21 */
        pixels[((size_t)center * side + (size_t)center) * 3 + (size_t)c] =
            (uint8_t)(128 | (number >> 7 * c & 127));
    return pixels;
}

/* Writes picture `number` as BMP, or as PNG if the name ends with .png. */
TREE_UNUSED static void tree_write_image(const char *relative, uint32_t side, uint32_t number) {
    uint8_t *pixels = tree_draw(side, number);
    void *data;
    size_t size;
    const size_t length = strlen(relative);
    const int is_png = length > 4 && strcmp(relative + length - 4, ".png") == 0;
    cr_assert_eq(is_png ? lvk_png_encode(pixels, side, side, 3, &data, &size)
                        : lvk_bmp_encode(pixels, side, side, &data, &size),
                 LVK_OK);
    tree_write(relative, data, size);
    lvk_free(data);
    free(pixels);
}

/* The folder of real images; without one, the test is skipped. */
TREE_UNUSED static const char *tree_real_data(void) {
    const char *folder = getenv("LEUKVK_DATA");
    if (!folder || !*folder)
        cr_skip_test("LEUKVK_DATA is not set");
    return folder;
}

/* Asserts that the last error line contains all of the texts and no line end. */
#define TREE_ERROR_HAS(...)                                                                                  \
    do {                                                                                                     \
        const char *const parts_[] = {__VA_ARGS__};                                                          \
        for (size_t part_ = 0; part_ < sizeof parts_ / sizeof *parts_; ++part_)                              \
            cr_assert(strstr(lvk_error_message(), parts_[part_]), "'%s' is not in: %s", parts_[part_],       \
                      lvk_error_message());                                                                  \
        cr_assert(!strchr(lvk_error_message(), '\n'));                                                       \
    } while (0)

#endif
