/* leukvk data: what it says of a data set, as text and as JSON. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static program_result result; /* large */

/* Draws a set below `folder`; returns its path, static. */
static const char *draw(const char *folder, const char *options) {
    static char path[256];
    snprintf(path, sizeof path, "%s/cells", folder);
    program_run(&result, "synth %s --images 60 --subjects 12 --size 96 --format png %s", path, options);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    return path;
}

static void expect_words(const char *text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; ++i)
        cr_expect_not_null(strstr(text, words[i]), "does not say '%s': %s", words[i], text);
}
#define EXPECT_WORDS(text, ...)                                                                              \
    expect_words(text, (const char *const[]){__VA_ARGS__},                                                   \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

Test(data, tells_sizes_cells_and_subjects) {
    const char *folder = program_folder(), *cells = draw(folder, "");
    program_run(&result, "data %s", cells);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_WORDS(result.out, "imbalance", "  fold 2", "All images are 96 x 96 pixels", "area Q1", "±",
                 "AUC of the cell's area alone: training 0.", "preliminary 0.", "share pictures");
    cr_expect_null(strstr(result.out, "no labels"), "%s", result.out);
    cr_expect_null(strstr(result.out, "\nH2 "), "subjects are listed unasked: %s", result.out);
    program_run(&result, "data %s --fractions 0.1,0.2", cells); /* without parts of its own */
    cr_expect_eq(result.exit_status, 2, "%s", result.err);
    EXPECT_WORDS(result.err, "--fractions: is for --split FILE");
    program_run(&result, "data %s --subjects", cells);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_WORDS(result.out, "\nH2 ", "\n1 ", "\nH3 ");
    program_remove(folder);
}

/* A split file is JSON, which has only text: told before the images are read. */
Test(data, a_split_needs_names_of_text) {
    const char *folder = program_folder(), *cells = draw(folder, "");
    char from[512], to[512];
    snprintf(from, sizeof from, "%s/C-NMC_training_data/fold_0/all", cells);
    snprintf(to, sizeof to, "%s/C-NMC_training_data/fold_0/all/\xE4", cells);
    cr_assert_eq(mkdir(to, 0777), 0);
    snprintf(to, sizeof to, "%s/C-NMC_training_data/fold_0/all/\xE4/UID_1_1_999_all.png", cells);
    snprintf(from, sizeof from, "%s/C-NMC_training_data/fold_0/all/UID_1_1_1_all.png", cells);
    cr_assert_eq(rename(from, to), 0);
    program_run(&result, "data %s", cells);
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "data %s --split %s/split.json", cells, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_str_eq(result.out, "", "it was read first");
    EXPECT_WORDS(result.err, "fold_0/all/?/UID_1_1_999_all.png: the name is not UTF-8");
    program_remove(folder);
}

Test(data, an_unlabelled_part_is_named) {
    const char *folder = program_folder(), *cells = draw(folder, "");
    char from[512], to[512];
    snprintf(from, sizeof from, "%s/C-NMC_test_prelim_phase_data_labels.csv", cells);
    cr_assert_eq(remove(from), 0);
    snprintf(from, sizeof from, "%s/C-NMC_test_prelim_phase_data", cells);
    snprintf(to, sizeof to, "%s/C-NMC_test_final_phase_data", cells);
    cr_assert_eq(rename(from, to), 0);
    program_run(&result, "data %s", cells);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_WORDS(result.out, "The final part has no labels", "unlabelled");
    program_remove(folder);
}

/* A square of SIDE pixels as a BMP of 24 bits: other noise for another seed, mirrored from top to bottom or
 * not. */
static void write_bmp(const char *folder, const char *name, unsigned seed, bool mirrored) {
    enum { SIDE = 32, HEADER = 54, BYTES = SIDE * SIDE * 3 };
    uint8_t file[HEADER + BYTES] = {
        'B', 'M', [10] = HEADER, [14] = 40, [18] = SIDE, [22] = SIDE, [26] = 1, [28] = 24};
    for (int i = 0; i < BYTES; ++i) {
        const int row = i / (3 * SIDE), to = mirrored ? (SIDE - 1 - row) * 3 * SIDE + i % (3 * SIDE) : i;
        seed = seed * 1103515245U + 12345U;
        file[HEADER + to] = (uint8_t)(seed >> 16);
    }
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream, "%s", path);
    cr_assert_eq(fwrite(file, sizeof file, 1, stream), 1);
    cr_assert_eq(fclose(stream), 0);
}

Test(data, tells_turned_pictures_from_equal_ones) {
    const char *folder = program_folder();
    static const char *const classes[] = {"all", "hem"};
    json_error_t error;
    for (size_t c = 0; c < 2; ++c) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", folder, classes[c]);
        cr_assert_eq(mkdir(path, 0700), 0);
    }
    write_bmp(folder, "all/first.bmp", 1, false);
    write_bmp(folder, "all/other.bmp", 2, false);
    write_bmp(folder, "all/twice.bmp", 3, false);
    write_bmp(folder, "all/twice again.bmp", 3, false);
    write_bmp(folder, "hem/mirrored.bmp", 1, true);
    write_bmp(folder, "hem/same.bmp", 1, false);
    program_run(&result, "data %s", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_WORDS(
        result.out,
        "Contradictions, the same picture in two classes: a label is wrong (~: turned or mirrored): 1",
        "  all/first.bmp (all) ~ hem/mirrored.bmp (hem) = hem/same.bmp (hem)\n",
        "Pictures that are there more than once (~: turned or mirrored): 1",
        "  all/twice again.bmp = all/twice.bmp\n");
    program_run(&result, "data %s --json", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    json_t *root = json_loads(result.out, 0, &error), *sets = json_object_get(root, "same_picture"), *copy;
    cr_assert_eq(json_array_size(sets), 2, "%s in %s", error.text, result.out);
    json_t *contradictions = json_object_get(root, "contradictions");
    cr_expect_eq(json_array_size(contradictions), 1);
    cr_expect(json_equal(json_array_get(contradictions, 0), json_array_get(sets, 0)) ||
              json_equal(json_array_get(contradictions, 0), json_array_get(sets, 1)));
    size_t i, turned = 0;
    json_array_foreach(json_array_get(contradictions, 0), i, copy) {
        const bool is = json_is_true(json_object_get(copy, "turned"));
        cr_expect_eq(is, strstr(json_string_value(json_object_get(copy, "path")), "mirrored") != NULL);
        turned += is;
    }
    cr_expect_eq(i, 3);
    cr_expect_eq(turned, 1);
    json_decref(root);
    program_remove(folder);
}

static double sum_classes(const json_t *row) {
    double sum = 0;
    const char *name;
    json_t *count;
    json_object_foreach((json_t *)json_object_get(row, "classes"), name, count) {
        sum += json_number_value(count);
    }
    return sum;
}

Test(data, json_adds_up) {
    const char *folder = program_folder(), *cells = draw(folder, "");
    program_run(&result, "data %s --json --threads 1", cells);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    static program_result again;
    program_run(&again, "data %s --json --threads 4", cells);
    cr_expect_str_eq(result.out, again.out, "depends on the number of threads");
    json_error_t error;
    json_t *root = json_loads(result.out, 0, &error), *row;
    cr_assert_not_null(root, "%s in %s", error.text, result.out);
    size_t i;
    double images = 0, in_cells = 0;
    json_array_foreach(json_object_get(root, "subjects"), i, row) {
        cr_expect_eq(sum_classes(row), json_number_value(json_object_get(row, "images")));
        images += sum_classes(row);
    }
    cr_expect_eq(images, 60);
    json_array_foreach(json_object_get(root, "cells"), i, row) {
        in_cells += json_number_value(json_object_get(row, "images"));
        const json_t *area = json_object_get(row, "area_quartiles"),
                     *mean = json_object_get(row, "colour_mean");
        for (size_t q = 0; q < 2; ++q)
            cr_expect(json_number_value(json_array_get(area, q)) <=
                      json_number_value(json_array_get(area, q + 1)));
        for (size_t c = 0; c < 3; ++c)
            cr_expect(json_number_value(json_array_get(mean, c)) > 0 &&
                      json_number_value(json_array_get(mean, c)) < 1);
    }
    cr_expect_eq(in_cells, 60);
    const json_t *sizes = json_object_get(root, "sizes"), *auc = json_object_get(root, "size_auc");
    cr_expect_eq(json_integer_value(json_object_get(sizes, "distinct")), 1);
    cr_expect(json_is_number(json_object_get(auc, "training")) &&
              json_is_null(json_object_get(auc, "final")));
    json_decref(root);
    program_remove(folder);
}

/* The width of a PNG file, from its header; 0 when it is none. */
static unsigned png_width(const char *path) {
    unsigned char head[24] = {0};
    FILE *file = fopen(path, "rb");
    const size_t got = file ? fread(head, 1, sizeof head, file) : 0;
    if (file)
        fclose(file);
    if (got < sizeof head || memcmp(head, "\x89PNG\r\n\x1a\n", 8) != 0)
        return 0;
    return (unsigned)head[16] << 24 | (unsigned)head[17] << 16 | (unsigned)head[18] << 8 | head[19];
}

Test(data, sheet_and_its_index) {
    const char *folder = program_folder(), *cells = draw(folder, "");
    char png[512], csv[512];
    snprintf(png, sizeof png, "%s/sheet.png", folder);
    snprintf(csv, sizeof csv, "%s/sheet.csv", folder);
    program_run(&result, "data %s --sheet %s --per-class 12 --seed 5 --crop bbox", cells, png);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_WORDS(result.out, "seed 5", png, csv);
    cr_expect_eq(png_width(png), 8 + 10 * (150 + 8));
    char *index = program_read(csv);
    cr_assert_not_null(index);
    cr_expect_eq(program_lines(index), 1 + 2 * 12);
    EXPECT_WORDS(index, "\n2,2,", "\n4,2,", ",hem,H", ",all,"); /* 12 cells are two rows */
    free(index);
    program_run(&result, "data %s --sheet %s/none/sheet.png", cells, folder);
    cr_expect_eq(result.exit_status, 1);
    EXPECT_WORDS(result.err, "none/sheet.png");
    program_remove(folder);
}

Test(data, augmented_views) {
    const char *folder = program_folder(), *cells = draw(folder, "");
    char a[512], b[512];
    snprintf(a, sizeof a, "%s/a.png", folder);
    snprintf(b, sizeof b, "%s/b.png", folder);
    program_run(&result, "augment %s --preview %s --cells 3 --views 4 --crop center:96", cells, a);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_WORDS(result.out, "seed 1", a);
    cr_expect_eq(png_width(a), 8 + 5 * (224 + 8));
    program_run(&result, "augment %s --preview %s --cells 3 --views 4 --crop center:96 --seed 1", cells, b);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect(program_same_file(a, b));
    program_run(&result, "augment %s --preview %s --cells 3 --views 4 --crop center:96 --seed 2", cells, b);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect(!program_same_file(a, b), "the seed changes nothing");
    static const char *const jitter[] = {"--shift 0.1", "--zoom 0.2", "--color 0.3"};
    for (size_t i = 0; i < sizeof jitter / sizeof *jitter; ++i) {
        program_run(&result, "augment %s --preview %s --cells 3 --views 4 --crop center:96 %s", cells, b,
                    jitter[i]);
        cr_assert_eq(result.exit_status, 0, "%s", result.err);
        cr_expect(!program_same_file(a, b), "%s changes nothing", jitter[i]);
    }
    program_run(&result, "augment %s --preview %s --zoom 1.5", cells, b);
    cr_expect_eq(result.exit_status, 2);
    EXPECT_WORDS(result.err, "--zoom 1.5");
    program_remove(folder);
}

/* Training on crops that were written before is the same as cropping while it trains, to the byte. */
Test(data, crops_are_those_of_training) {
    const char *folder = program_folder();
    program_run(&result, "synth %s/data --images 20 --subjects 10 --size 128 --format png --seed 3", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "crop %s/data %s/cropped --mode center:64", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "20 crops in"), "%s", result.out);
    program_run(&result, "train --data %s/data --crop center:64 --epochs 1 --batch 8 --out %s/a", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "train --data %s/cropped --crop none --epochs 1 --batch 8 --out %s/b", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_expect_same(folder, "a/metrics.csv", "b/metrics.csv");
    char path[512];
    snprintf(path, sizeof path, "%s/cropped/index.csv", folder);
    char *index = program_read(path);
    cr_assert_not_null(index);
    cr_expect_eq(program_lines(index), 21);
    cr_expect_not_null(strstr(index, ",32,32,64,64,"), "%s", index);
    free(index);
    program_remove(folder);
}

Test(data, crops_read_as_the_same_set) {
    const char *folder = program_folder(), *cells = draw(folder, "");
    static program_result before;
    char bad[512];
    program_run(&before, "data %s --json", cells);
    snprintf(bad, sizeof bad, "%s/C-NMC_training_data/fold_0/all/UID_9_9_9_all.bmp", cells);
    FILE *file = fopen(bad, "w");
    cr_assert_not_null(file);
    fputs("BM: not an image", file);
    fclose(file);
    program_run(&result, "crop %s %s/out --mode bbox --strict", cells, folder);
    cr_expect_eq(result.exit_status, 1);
    EXPECT_WORDS(result.err, "UID_9_9_9_all.bmp");
    program_run(&result, "crop %s %s/out --mode bbox --size 64", cells, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_WORDS(result.out, "60 crops", "index.csv", "left out: ", "UID_9_9_9_all.bmp");
    program_run(&result, "data %s/out --json", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    const char *parts = strstr(before.out, " \"parts\""), *again = strstr(result.out, " \"parts\"");
    cr_assert(parts && again);
    const size_t length = (size_t)(strstr(parts, " \"sizes\"") - parts);
    cr_expect_eq(strncmp(parts, again, length), 0, "%s", result.out);
    EXPECT_WORDS(result.out, "\"width\": [64, 64, 64]");
    program_run(&result, "crop %s %s/out", cells, folder);
    cr_expect_eq(result.exit_status, 1);
    EXPECT_WORDS(result.err, "is not empty");
    program_remove(folder);
}
