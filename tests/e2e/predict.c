/* leukvk predict: its memory, and files that change while it works. */
#define _XOPEN_SOURCE 700
#include "support/program.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
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
static void expect_flat_memory(const char *folder, const char *image) {
    enum { FEW = 40, MANY = 260 };
    write_names(folder, "few", image, FEW);
    write_names(folder, "many", image, MANY);
    const size_t few = peak_of(folder, "few"), many = peak_of(folder, "many");
    cr_expect_lt(many, few + ((size_t)40 << 20), "%d images %zu bytes, %d images %zu", FEW, few, MANY, many);
}

/* Lets the name `link` lead to one file and the other in turn, until it is killed. */
static pid_t start_changing(const char *link, const char *const files[2]) {
    const pid_t child = fork();
    if (child != 0)
        return child;
    char other[600];
    snprintf(other, sizeof other, "%s.next", link);
    for (unsigned i = 0;; ++i) {
        (void)unlink(other);
        if (symlink(files[i % 2], other) != 0 || rename(other, link) != 0)
            _exit(1);
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
    }
}

/* Forty names of a file that is another one every few milliseconds, and one that stays: this one's row comes, and
 * the status tells that others do not. */
static void expect_the_others(const char *folder, const char *image, const char *second) {
    char link[512], name[512];
    snprintf(link, sizeof link, "%s/changing", folder);
    cr_assert_eq(symlink(image, link), 0);
    write_names(folder, "names", link, 40);
    snprintf(name, sizeof name, "%s/names/stays.png", folder);
    cr_assert_eq(symlink(image, name), 0);
    const pid_t changing = start_changing(link, (const char *const[]){image, second});
    cr_assert_gt(changing, 0);
    program_run(&result, "predict --model %s/run %s/names --format csv", folder, folder);
    kill(changing, SIGKILL);
    cr_assert_eq(waitpid(changing, NULL, 0), changing);
    cr_expect_eq(result.exit_status, 1, "no name was another picture: %s", result.err);
    cr_expect_not_null(strstr(result.err, "has changed since the data set was read"), "%s", result.err);
    cr_expect_not_null(strstr(result.out, "names/stays.png,0."), "%s", result.out);
    cr_expect_null(strstr(result.out, "nan"), "%s", result.out);
    cr_expect_lt(program_lines(result.out), 42);
}

Test(predict, memory_and_files_that_change) {
    const char *folder = program_folder();
    char image[512], second[512];
    program_run(&result, "synth %s/cells --images 48 --subjects 12 --size 320 --format png", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "train --data %s/cells --out %s/run --model cnn --epochs 1 --batch 8", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    snprintf(image, sizeof image, "%s/cells/C-NMC_test_prelim_phase_data/1.png", folder);
    snprintf(second, sizeof second, "%s/cells/C-NMC_test_prelim_phase_data/2.png", folder);
    cr_assert(access(image, R_OK) == 0 && access(second, R_OK) == 0, "%s", image);
    expect_the_others(folder, image, second);
    expect_flat_memory(folder, image);
    program_remove(folder);
}

Test(predict, names_each_file_where_none_is_an_image) {
    const char *folder = program_folder();
    char command[512];
    RUN("synth %s/cells --images 48 --subjects 12 --size 64 --format png", folder);
    RUN("train --data %s/cells --out %s/run --epochs 1 --image-size 32 --device cpu --no-refit", folder,
        folder);
    snprintf(command, sizeof command,
             "mkdir %s/bad; echo no > %s/bad/a.png; echo BM > %s/bad/b.bmp; : > %s/bad/c.jpg", folder, folder,
             folder, folder);
    cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c) */
    program_run(&result, "predict --model %s/run %s/bad", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err, "bad/a.png: not a BMP, PNG, JPEG, TIFF or WebP image\n");
    EXPECT_SAYS(result.err, "bad/b.bmp: truncated BMP");
    EXPECT_SAYS(result.err, "bad/c.jpg: the file is empty");
    EXPECT_SAYS(result.err, "(and no other image can be used)");
    program_run(&result, "predict --model %s/run %s/bad/a.png", folder, folder);
    EXPECT_LACKS(result.err, "left out: "); /* of one file the error tells all */
    program_remove(folder);
}
