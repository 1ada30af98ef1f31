/* leukvk data: what it says of a data set, as text and as JSON. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
                 "AUC of the cell's area alone: training 0.", "preliminary 0.", "share identical pictures");
    cr_expect_null(strstr(result.out, "no labels"), "%s", result.out);
    cr_expect_null(strstr(result.out, "\nH2 "), "subjects are listed unasked: %s", result.out);
    program_run(&result, "data %s --subjects", cells);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_WORDS(result.out, "\nH2 ", "\n1 ", "\nH3 ");
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
