/* Which model a training keeps, from end to end on drawn cells: the last epoch or the best, without held-out
 * images, and that of the second training on all images. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static program_result result; /* large */

static void draw_samples(const char *folder) {
    program_run(&result, "synth %s/data --images 24 --subjects 10 --size 128 --format png --seed 3", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
}

static bool has_file(const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

Test(refit, keeps_the_last_epoch_unless_the_best_is_asked_for) {
    const char *folder = program_folder();
    draw_samples(folder);
    program_run(&result, "train --data %s/data --out %s/last --epochs 2 --batch 8 --no-refit", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_null(strstr(result.out, "best"), "%s", result.out);
    cr_expect(!has_file(folder, "last/checkpoint-best.safetensors"));
    char *results = program_read_in(folder, "last/results.json");
    cr_expect_not_null(strstr(results, "\"best_epoch\": 2"), "%s", results);
    free(results);
    program_run(&result, "train --data %s/data --out %s/best --epochs 2 --batch 8 --no-refit --keep best",
                folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "the best is epoch "), "%s", result.out);
    cr_expect(has_file(folder, "best/checkpoint-best.safetensors"));
    program_expect_same(folder, "last/metrics.csv", "best/metrics.csv");
    program_run(&result, "train --data %s/data --out %s/no --keep last --patience 2", folder, folder);
    cr_expect_eq(result.exit_status, 2);
    cr_expect_not_null(strstr(result.err, "--keep last: with --patience 2 the best epoch is kept"), "%s",
                       result.err);
    program_remove(folder);
}

Test(refit, trains_without_validation_and_test_and_says_what_is_not_known) {
    const char *folder = program_folder();
    draw_samples(folder);
    program_run(&result, "train --data %s/data --out %s/all --epochs 2 --batch 8 --fractions 0,0", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "No images were held out for a test"), "%s", result.out);
    cr_expect_null(strstr(result.out, "validation"), "%s", result.out);
    cr_expect(!has_file(folder, "all/refit"), "everybody was in the first training");
    cr_expect(!has_file(folder, "all/predictions-test.csv"));
    char *metrics = program_read_in(folder, "all/metrics.csv");
    cr_expect_eq(program_lines(metrics), 3);
    cr_expect_not_null(strstr(metrics, ",,,,,,,,,"), "empty fields of scores: %s", metrics);
    free(metrics);
    program_run(&result, "train --data %s/data --out %s/no --fractions 0,0.2 --patience 2", folder, folder);
    cr_expect_eq(result.exit_status, 2);
    cr_expect_not_null(strstr(result.err, "--fractions 0,0.2: without validation images"), "%s", result.err);
    program_remove(folder);
}

#define REFIT "train --data %s/data --out %s/%s --epochs 2 --batch 8 --seed 5"

/* To the last digit where there is no batch norm, which `eval` computes as a part of the convolution before it. */
Test(refit, the_run_itself_is_evaluated) {
    const char *folder = program_folder();
    draw_samples(folder);
    RUN("train --data %s/data --out %s/a --model cnn --epochs 1 --batch 8", folder, folder);
    program_run(&result, "eval --model %s/a --out %s/again.csv", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_expect_same(folder, "again.csv", "a/predictions-test.csv");
    program_run(&result, "eval --model %s/a --data %s/data --out %s/again.csv", folder, folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_expect_same(folder, "again.csv", "a/predictions-test.csv");

    program_remove(folder);
}

Test(refit, a_refit_is_the_model_to_use_and_is_never_evaluated) {
    const char *folder = program_folder();
    draw_samples(folder);
    program_run(&result, REFIT, folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "Training again, on all "), "%s", result.out);
    cr_expect_not_null(strstr(result.out, "a/refit/model.safetensors"), "%s", result.out);

    program_run(&result, "predict --model %s/a %s/data --format csv", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    char *used = strdup(result.out);
    program_run(&result, "predict --model %s/a/refit/model.safetensors %s/data --format csv", folder, folder);
    cr_expect_str_eq(result.out, used);
    program_run(&result, "predict --model %s/a/model.safetensors %s/data --format csv", folder, folder);
    cr_expect_str_neq(result.out, used);
    free(used);

    program_run(&result, "export %s/a --format torchvision --out %s/a.pt.safetensors", folder, folder);
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "summary %s/a", folder);
    cr_expect_not_null(strstr(result.out, "estimated by a test: AUC "), "%s", result.out);
    program_run(&result, "summary %s/a/model.safetensors", folder);
    cr_expect_null(strstr(result.out, "estimated"), "%s", result.out);

    /* of the calibration of the model that is used and of no other */
    RUN("calibrate %s/a --from %s/a/predictions-validation.csv --sensitivity 0.9", folder, folder);
    EXPECT_SAYS(result.out, "written      ");
    EXPECT_SAYS(result.out, "/a/model.safetensors\n");
    EXPECT_SAYS(result.out, "/a/refit/model.safetensors\n");
    RUN("synth %s/other --images 24 --subjects 10 --size 128 --format bmp --seed 4",
        folder); /* other names */
    RUN("eval --model %s/a --data %s/other", folder, folder);
    cr_expect_eq(program_count(result.err, ": threshold "), 1, "%s", result.err);
    EXPECT_SAYS(result.err, "a/refit/model.safetensors: threshold ");
    RUN("train --resume %s/a", folder); /* nothing is left to train, and the calibration stays */
    EXPECT_SAYS(result.err, "nothing is left to train");
    RUN("calibrate %s/a --remove", folder);
    EXPECT_SAYS(result.out, "/a/model.safetensors: as it was trained\n");
    EXPECT_SAYS(result.out, "/a/refit/model.safetensors: as it was trained\n");

    /* killed in the second training */
    program_run_killed(&result, SIGKILL, (program_moment){"Training again", 0.05}, REFIT, folder, folder,
                       "b");
    cr_expect(!has_file(folder, "b/refit/results.json"));
    program_run(&result, "train --resume %s/b", folder);
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    program_expect_same(folder, "a/model.safetensors", "b/model.safetensors");
    program_expect_same(folder, "a/results.json", "b/results.json");
    program_expect_same(folder, "a/refit/model.safetensors", "b/refit/model.safetensors");
    program_expect_same(folder, "a/refit/config.json", "b/refit/config.json");
    /* and resumed by itself, as any run */
    program_run_killed(&result, SIGKILL, (program_moment){"Training again", 0.05}, REFIT, folder, folder,
                       "d");
    cr_expect(!has_file(folder, "d/refit/results.json"));
    RUN("train --resume %s/d/refit", folder);
    program_expect_same(folder, "a/refit/model.safetensors", "d/refit/model.safetensors");
    program_expect_same(folder, "a/refit/config.json", "d/refit/config.json");
    /* more epochs of the run are more of the second training */
    program_run(&result, "train --resume %s/b --epochs 3", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    char *results = program_read_in(folder, "b/refit/results.json");
    cr_expect_not_null(strstr(results, "\"epochs\": 3"), "%s", results);
    free(results);
    program_run(&result, REFIT " --no-refit", folder, folder, "c");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect(!has_file(folder, "c/refit"));
    program_expect_same(folder, "a/model.safetensors", "c/model.safetensors");
    program_remove(folder);
}
