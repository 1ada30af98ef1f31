/* Trainings whose loss diverges: the operator that made the first number that is not finite is named, and nothing is lost. */
#include "core/file.h"
#include "core/memory.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static program_result result; /* large */

static void draw_samples(const char *folder) {
    program_run(&result, "synth %s/data --images 24 --subjects 10 --size 128 --format png --seed 3", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
}

/* Whatever notices it first, the loss, a checkpoint or the validation: the step, the rate and what to do are
 * told. */
Test(divergence, is_named_as_such) {
    static const struct {
        const char *options, *sign;
    } cases[] = {{"--model cnn --l2 900 --epochs 1", "step 3, with --learning-rate 100: it is no longer"},
                 {"--checkpoint-seconds 0 --epochs 20", "weights are no longer finite numbers"},
                 {"--l2 900 --epochs 20 --batch 24", "outputs are no longer finite numbers"}};
    const char *folder = program_folder();
    draw_samples(folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        program_run(
            &result,
            "train --data %s/data --out %s/run-%zu --batch 4 --patience 0 --learning-rate 100 --momentum "
            "0.99 --optimizer sgd %s",
            folder, folder, i, cases[i].options);
        cr_expect_eq(result.exit_status, 1);
        cr_expect_not_null(strstr(result.err, "the loss diverged at epoch "), "%s", result.err);
        cr_expect_not_null(strstr(result.err, "with --learning-rate 100: "), "%s", result.err);
        cr_expect_not_null(strstr(result.err, cases[i].sign), "%s: %s", cases[i].options, result.err);
        cr_expect_not_null(strstr(result.err, ", operator "), "%s: %s", cases[i].options, result.err);
        cr_expect_not_null(strstr(result.err, " made the first: "), "%s: %s", cases[i].options, result.err);
    }
    program_remove(folder);
}

/* The checkpoint before it stays, and the training that is resumed from it ends by the same operator. */
Test(divergence, leaves_the_last_checkpoint) {
    const char *folder = program_folder();
    char *line = NULL;
    size_t size[2] = {0};
    void *checkpoint[2] = {NULL};
    char path[4096];
    draw_samples(folder);
    snprintf(path, sizeof path, "%s/run/checkpoint-last.safetensors", folder);
    for (int i = 0; i < 2; ++i) {
        if (i)
            program_run(&result, "train --resume %s/run", folder);
        else
            program_run(
                &result,
                "train --data %s/data --out %s/run --batch 4 --patience 0 --learning-rate 100 --momentum 0.99 "
                "--optimizer sgd --epochs 20 --checkpoint-seconds 0",
                folder, folder);
        cr_expect_eq(result.exit_status, 1);
        cr_assert_eq(lvk_file_read(path, 1 << 28, &checkpoint[i], &size[i]), LVK_OK, "%s",
                     lvk_error_message());
        const char *at = strstr(result.err, "operator ");
        cr_assert_not_null(at, "%s", result.err);
        cr_expect(!line || strcmp(line, at) == 0, "%s but %s", line, at);
        if (!line)
            line = strdup(at);
    }
    cr_expect(size[0] == size[1] && memcmp(checkpoint[0], checkpoint[1], size[0]) == 0);
    free(line);
    lvk_free(checkpoint[0]);
    lvk_free(checkpoint[1]);
    program_remove(folder);
}
