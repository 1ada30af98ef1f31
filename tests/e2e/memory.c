/* What the program keeps in memory does not grow with what is used once. */
#define _XOPEN_SOURCE 700
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static program_result result; /* large */

/* A folder `name` with `count` names of one image file. */
static void write_names(const char *folder, const char *name, const char *image, int count) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(mkdir(path, 0700), 0);
    for (int i = 0; i < count; ++i) {
        snprintf(path, sizeof path, "%s/%s/%04d.png", folder, name, i);
        cr_assert_eq(symlink(image, path), 0);
    }
}

static size_t peak_of(const char *folder, const char *name) {
    program_run(&result, "predict --model %s/run %s/%s --format csv --out %s/%s.csv --threads 2", folder,
                folder, name, folder, name);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    return result.peak;
}

/* A crop of 300 x 300 pixels takes 270 KB: 260 of them took 70 MB. */
Test(memory, predict_keeps_no_crops) {
    enum { FEW = 40, MANY = 260 };
    const char *folder = program_folder();
    char image[512];
    program_run(&result, "synth %s/cells --images 48 --subjects 12 --size 320 --format png", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "train --data %s/cells --out %s/run --model cnn --epochs 1 --batch 8", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    snprintf(image, sizeof image, "%s/cells/C-NMC_test_prelim_phase_data/1.png", folder);
    cr_assert_eq(access(image, R_OK), 0, "%s", image);
    write_names(folder, "few", image, FEW);
    write_names(folder, "many", image, MANY);
    const size_t few = peak_of(folder, "few"), many = peak_of(folder, "many");
    cr_expect_lt(many, few + ((size_t)40 << 20), "%d images %zu bytes, %d images %zu", FEW, few, MANY, many);
    program_remove(folder);
}
