/* What a data set says of its files: names that count as images, pages, samples of 16 bits. */
#define _XOPEN_SOURCE 700
#include "support/tiff.h"
#include "support/tree.h"

#include "core/log.h"
#include "leukvk/dataset.h"

TestSuite(file_notes, .init = tree_create, .fini = tree_remove);

enum { SIDE = 40 };

static char lines[8192];

static void take_line(void *user, lvk_log_level level, const char *line) {
    (void)user;
    strncat(lines, level == LVK_LOG_WARNING ? "warning: " : "note: ", sizeof lines - strlen(lines) - 1);
    strncat(lines, line, sizeof lines - strlen(lines) - 1);
    strncat(lines, "\n", sizeof lines - strlen(lines) - 1);
}

static lvk_dataset *read_folder(void) {
    lvk_dataset *dataset;
    *lines = '\0';
    lvk_log_set_sink(take_line, NULL, LVK_LOG_INFO);
    cr_assert_eq(lvk_dataset_create(tree_path("cells"), NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    lvk_log_set_sink(NULL, NULL, LVK_LOG_WARNING);
    return dataset;
}

/* Every ending in any case; the content tells the format. */
Test(file_notes, endings) {
    static const char *const endings[] = {"bmp",  "BMP", "png", "Png",  "jpg",  "JPG",  "jpeg",
                                          "JPEG", "tif", "TIF", "tiff", "TIFF", "Webp", "webp"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; ++i) {
        char name[64];
        snprintf(name, sizeof name, "cells/%s/image%zu.%s", i % 2 ? "all" : "hem", i, endings[i]);
        tree_write_image(name, SIDE, (uint32_t)i);
    }
    tree_write_text("cells/all/notes.txt", "no image");
    tree_write_image("cells/all/._image.tif", SIDE, 1);
    lvk_dataset *dataset = read_folder();
    cr_expect_eq(lvk_dataset_image_count(dataset), sizeof endings / sizeof *endings);
    cr_expect_eq(lvk_dataset_skipped_count(dataset), 0);
    lvk_dataset_destroy(&dataset);
}

/* What is left out because of its name is told once, by kinds. */
Test(file_notes, files_that_are_no_images) {
    tree_write_image("cells/all/a.png", SIDE, 1);
    tree_write_image("cells/hem/b.png", SIDE, 2);
    lvk_dataset *dataset = read_folder();
    cr_expect_null(strstr(lines, "not read"), "%s", lines);
    lvk_dataset_destroy(&dataset);
    tree_write_text("cells/all/scan.SVS", "a slide");
    tree_write_text("cells/hem/scan 2.svs", "a slide");
    tree_write_text("cells/hem/.hidden.svs", "of the system");
    tree_write_text("cells/readme.txt", "no image");
    tree_write_text("cells/Makefile", "no ending");
    tree_write_text("cells/cells.of a day in spring", "no ending either");
    dataset = read_folder();
    char expected[512];
    snprintf(
        expected, sizeof expected,
        "note: %s: 5 files are not read, by the ending of the name: 2 without an ending, 2 .svs, 1 .txt\n",
        tree_path("cells"));
    cr_expect_not_null(strstr(lines, expected), "%s", lines);
    lvk_dataset_destroy(&dataset);
    for (int kind = 0; kind < 40; ++kind) {
        char name[64];
        snprintf(name, sizeof name, "cells/more/file.%d", kind);
        tree_write_text(name, "one of many kinds");
    }
    dataset = read_folder();
    cr_expect_not_null(strstr(lines, "45 files are not read"), "%s", lines);
    cr_expect_not_null(strstr(lines, " of other kinds\n"), "%s", lines);
    lvk_dataset_destroy(&dataset);
    const char *folder = tree_path("cells/hem");
    *lines = '\0';
    lvk_log_set_sink(take_line, NULL, LVK_LOG_INFO);
    cr_assert_eq(lvk_dataset_create_from_files(&folder, 1, NULL, &dataset), LVK_OK, "%s",
                 lvk_error_message());
    lvk_log_set_sink(NULL, NULL, LVK_LOG_WARNING);
    cr_expect_not_null(strstr(lines, "1 file is not read, by the ending of the name: 1 .svs\n"), "%s", lines);
    lvk_dataset_destroy(&dataset);
}

static uint32_t shift; /* of the samples */

static uint32_t sample_of(const tiff_page *page, uint32_t x, uint32_t y, uint32_t s) {
    return ((x * 5 + y * 3 + s * 40) % 255 + 1 + page->greatest % 2) << (page->bits == 16 ? shift : 0);
}

/* A file of `pages` pages, of 16 bits where `up` > 0. */
static void write_tiff(const char *name, uint32_t up, uint16_t greatest, size_t pages) {
    tiff_page all[3];
    for (size_t i = 0; i < pages; ++i)
        all[i] = (tiff_page){.width = SIDE,
                             .height = SIDE,
                             .bits = up ? 16 : 8,
                             .samples = 3,
                             .photometric = PHOTOMETRIC_RGB,
                             .greatest = greatest,
                             .sample = sample_of};
    shift = up;
    tiff_write(tree_path(name), "w", all, pages);
}

Test(file_notes, pages_and_bits) {
    tree_write_image("cells/all/a.png", SIDE, 1);
    tree_write_image("cells/hem/b.png", SIDE, 2);
    lvk_dataset *dataset = read_folder();
    cr_expect_str_eq(lines, "", "%s", lines);
    lvk_dataset_destroy(&dataset);

    write_tiff("cells/all/pages.tif", 0, 0, 3);
    write_tiff("cells/all/twelve.tif", 4, 0, 1);
    write_tiff("cells/all/thirteen.tif", 4, 0, 1);
    write_tiff("cells/hem/ten.tif", 2, 0, 1);
    write_tiff("cells/hem/told.tif", 3, 4095, 1);
    write_tiff("cells/hem/whole.tif", 8, 0, 1);
    dataset = read_folder();
    static const char *const expected[] = {
        "warning: 1 image has more than one page or frame, of which the first is read: all/pages.tif has 3\n",
        "warning: 2 images hold 12 bits in samples of 16, as the range of the samples tells, and are scaled by that: "
        "all/thirteen.tif\n",
        "warning: 1 image holds 10 bits in samples of 16, as the range of the samples tells, and is scaled by that: "
        "hem/ten.tif\n",
        "note: 1 image holds 12 bits in samples of 16, as the file says, and is scaled by that: hem/told.tif\n"};
    size_t length = 0;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; ++i) {
        cr_expect(strstr(lines, expected[i]), "'%s' is not in: %s", expected[i], lines);
        length += strlen(expected[i]);
    }
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        cr_expect_eq(image->pages, strstr(image->path, "pages") ? 3 : 1, "%s", image->path);
        const unsigned bits =
            strstr(image->path, "twelve") || strstr(image->path, "thirteen") || strstr(image->path, "told")
                ? 12
            : strstr(image->path, "ten")   ? 10
            : strstr(image->path, "whole") ? 16
                                           : 0;
        cr_expect_eq(image->bits, bits, "%s: %u", image->path, image->bits);
    }
    cr_expect_leq(strlen(lines), length + 200, "%s", lines); /* at most a line on equal pictures beside */
    lvk_dataset_destroy(&dataset);
}
