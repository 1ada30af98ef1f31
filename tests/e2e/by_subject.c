/* leukvk predict --by-subject: a line a person, whose name comes from files, folders, a table or a pattern. */
#define _XOPEN_SOURCE 700
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static program_result result; /* large */

/* A name for an image: a link, so that the pictures are the drawn ones. */
static void link_image(const char *folder, const char *name, int number) {
    char path[600], target[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    snprintf(target, sizeof target, "%s/cells/C-NMC_test_prelim_phase_data/%d.png", folder, number);
    cr_assert_eq(access(target, R_OK), 0, "%s", target);
    cr_assert_eq(symlink(target, path), 0, "%s", path);
}

/* The means and shares are those of the rows that eval writes of each image, by the model that it evaluates. */
static void expect_means(const char *folder) {
    RUN("eval --model %s/run --data %s/cells --part all --out %s/rows.csv", folder, folder, folder);
    RUN("predict --model %s/run/model.safetensors --data %s/cells --by-subject --out %s/people.json", folder,
        folder, folder);
    EXPECT_SAYS(result.err, "subjects in ");
    char *text = program_read_in(folder, "people.json"), *rows = program_read_in(folder, "rows.csv");
    json_t *people = json_loads(text, 0, NULL);
    cr_assert_eq(json_array_size(people), 12, "%s", text);
    size_t i, cells = 0;
    json_t *person;
    json_array_foreach(people, i, person) {
        char subject[64];
        double sum = 0, called = 0, right = 0, n = 0;
        snprintf(subject, sizeof subject, ",%s,", json_string_value(json_object_get(person, "subject")));
        for (const char *line = strchr(rows, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
            const char *at = strchr(line + 1, ',');
            if (strncmp(at, subject, strlen(subject)) != 0)
                continue;
            char *rest;
            const double p = strtod(at + strlen(subject), &rest);
            const bool is_all = strncmp(strchr(rest + 1, ','), ",all,", 5) == 0;
            n += 1;
            sum += p;
            called += p > 0.5;
            right += (p > 0.5) == is_all;
        }
        cells += (size_t)n;
        cr_expect_eq(json_integer_value(json_object_get(person, "cells")), n, "%s", subject);
        cr_expect_eq(json_integer_value(json_object_get(person, "right")), right, "%s", subject);
        cr_expect(fabs(json_number_value(json_object_get(person, "mean_p_all")) - sum / n) < 1e-8);
        cr_expect(fabs(json_number_value(json_object_get(person, "share_all")) - called / n) < 1e-8);
    }
    cr_expect_eq(cells, 48);
    json_decref(people);
    free(text);
    free(rows);
}

static void expect_names(const char *folder) {
    link_image(folder, "folders/P1/a.png", 1);
    link_image(folder, "folders/P1/b.png", 2);
    link_image(folder, "folders/P2/a.png", 3);
    RUN("predict --model %s/run %s/folders --by-subject --format csv", folder, folder);
    EXPECT_SAYS(result.out, "\nP1,2,");
    EXPECT_SAYS(result.out, "\nP2,1,");
    link_image(folder, "flat/ada-1.png", 1);
    link_image(folder, "flat/ada-2.png", 2);
    link_image(folder, "flat/bob-1.png", 3);
    RUN("predict --model %s/run %s/flat --by-subject --subject-pattern ([a-z]+)-[0-9]+.png$", folder, folder);
    EXPECT_SAYS(result.out, "\nADA          2  ");
    EXPECT_SAYS(result.out, "Wilson's, as if the cells were drawn independently");
    cr_expect_null(strstr(result.out, "right"), "no label is known: %s", result.out);
}

/* Where some or all images are nobody's, that is said, also with --quiet. */
static void expect_loud(const char *folder) {
    program_run(&result, "predict --model %s/run %s/flat --by-subject --quiet", folder, folder);
    cr_expect_eq(result.exit_status, 1, "%s", result.out);
    EXPECT_SAYS(result.err, "--by-subject: no subject is known for any of the 3 images");
    EXPECT_SAYS(result.err, "--subject-pattern");
    cr_expect_str_eq(result.out, "");
    link_image(folder, "flat/UID_7_1_1_all.png", 4);
    RUN("predict --model %s/run %s/flat --by-subject --format csv --quiet", folder, folder);
    EXPECT_SAYS(result.err, "warning: no subject is known for 3 of 4 images, which are in no line");
    cr_expect_eq(program_lines(result.out), 2, "%s", result.out);
}

Test(by_subject, two_classes) {
    const char *folder = program_folder();
    RUN("synth %s/cells --images 48 --subjects 12 --size 64 --format png --seed 5", folder);
    RUN("train --data %s/cells --out %s/run --model cnn-gap --image-size 32 --crop none --epochs 1 --batch 8",
        folder, folder);
    expect_means(folder);
    expect_names(folder);
    expect_loud(folder);
    program_remove(folder);
}

Test(by_subject, four_classes) {
    const char *folder = program_folder();
    RUN("synth %s/cells --classes 4 --images 64 --subjects 16 --size 64 --format png --seed 3", folder);
    RUN("train --data %s/cells --out %s/run --model cnn-gap --image-size 32 --crop none --epochs 1 --batch 16 --seed 3",
        folder, folder);
    RUN("predict --model %s/run --data %s/cells --by-subject --format csv", folder, folder);
    EXPECT_SAYS(result.out,
                "subject,cells,majority,share,share_low,share_high,mean_p_Benign,mean_p_Early,mean_p_Pre,"
                "mean_p_Pro,share_Benign,share_Early,share_Pre,share_Pro,label,labelled,right\n");
    cr_expect_eq(program_lines(result.out), 17, "%s", result.out);
    RUN("predict --model %s/run --data %s/cells --by-subject", folder, folder);
    EXPECT_SAYS(result.out, "called so: share of the cells");
    program_remove(folder);
}
