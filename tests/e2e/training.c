/* The program from end to end on drawn cells: the same seed gives the same bytes, stopped and killed runs
 * resume to the same bits, unreadable images do not stop a training, predictions agree between devices. The
 * second training, on all images (e2e/refit.c), is left out where a test is not about the model to use. */
#include "core/file.h"
#include "core/memory.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static program_result result; /* large */

static const char *const repeatable[] = {"model.safetensors",
                                         "checkpoint-last.safetensors",
                                         "checkpoint-best.safetensors",
                                         "metrics.csv",
                                         "split.json",
                                         "results.json",
                                         "config.json",
                                         "predictions-validation.csv",
                                         "predictions-test.csv"};

/* As few as give an epoch of several steps, the last of them a part of a batch. */
static void draw_samples(const char *folder) {
    program_run(&result, "synth %s/data --images 24 --subjects 10 --size 128 --format png --seed 3", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
}

#define TRAIN                                                                                                \
    "train --data %s/data --out %s/%s --model cnn --epochs 3 --batch 4 --keep best --no-refit --seed 5 "     \
    "--checkpoint-seconds 1"

static void train(const char *folder, const char *run) {
    program_run(&result, TRAIN, folder, folder, run);
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
}

static bool has_file(const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void expect_same_run(const char *folder, const char *a, const char *b) {
    for (size_t i = 0; i < sizeof repeatable / sizeof *repeatable; ++i) {
        char names[2][128];
        snprintf(names[0], sizeof names[0], "%s/%s", a, repeatable[i]);
        snprintf(names[1], sizeof names[1], "%s/%s", b, repeatable[i]);
        if (strcmp(repeatable[i], "checkpoint-best.safetensors") == 0 && !has_file(folder, names[0]))
            cr_expect(!has_file(folder, names[1]), "%s", names[1]); /* the last epoch was kept */
        else
            program_expect_same(folder, names[0], names[1]);
    }
}

static void resume_to_the_end(const char *folder, const char *run) {
    program_run(&result, "train --resume %s/%s", folder, run);
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
}

static bool has_config(const char *folder, const char *run) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s/config.json", folder, run);
    char *text = program_read(path);
    const bool there = text != NULL;
    free(text);
    return there;
}

Test(training, repeats_and_resumes_to_the_same_bytes) {
    const char *folder = program_folder();
    program_use_vulkan();
    draw_samples(folder);
    train(folder, "a");
    train(folder, "b");
    cr_assert(has_file(folder, "a/checkpoint-best.safetensors"));
    expect_same_run(folder, "a", "b");

    /* stopped politely */
    program_run_killed(&result, SIGINT, (program_moment){"Epoch 1/", 0.1}, TRAIN, folder, folder, "c");
    cr_assert_eq(result.exit_status, 130, "%s%s", result.out, result.err);
    cr_expect_not_null(strstr(result.err, "--resume"), "%s", result.err);
    resume_to_the_end(folder, "c");
    expect_same_run(folder, "a", "c");

    /* killed, again and again, at any moment: what is there resumes, and a run that had not begun begins anew
     */
    static const program_moment moments[] = {
        {"", 0.3}, {"run folder", 0}, {"run folder", 0.7}, {"Epoch ", 0}, {"Epoch ", 0.2}};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; ++i) {
        if (has_config(folder, "d"))
            program_run_killed(&result, SIGKILL, moments[i], "train --resume %s/d", folder);
        else
            program_run_killed(&result, SIGKILL, moments[i], TRAIN, folder, folder, "d");
    }
    if (has_config(folder, "d"))
        resume_to_the_end(folder, "d");
    else
        train(folder, "d");
    expect_same_run(folder, "a", "d");
    program_remove(folder);
}

/* Of a command that takes a folder and, in it, a run. It is stopped within each of the first two epochs, and
 * within the third where there is one. */
static void expect_resumes_to_the_same(const char *command) {
    static const program_moment moments[] = {{"run folder", 0.05}, {"Epoch 1/", 0.05}, {"Epoch 2/3", 0.05}};
    const char *folder = program_folder();
    program_use_vulkan(); /* whose steps are long enough to be stopped in */
    draw_samples(folder);
    program_run(&result, command, folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    int stops = 0;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; ++i) {
        if (i > 0)
            program_run_killed(&result, SIGINT, moments[i], "train --resume %s/b", folder);
        else
            program_run_killed(&result, SIGINT, moments[i], command, folder, folder, "b");
        stops += strstr(result.err, "after step") != NULL;
    }
    cr_expect_geq(stops, 2, "hardly stopped behind a step: %s%s", result.out, result.err);
    resume_to_the_end(folder, "b");
    expect_same_run(folder, "a", "b");
    program_remove(folder);
}

/* Everything that shapes the steps and changes the images, stopped in the warm-up and behind a drop of the
 * rate. */
Test(training, shaped_steps_resume_to_the_same_bytes) {
    expect_resumes_to_the_same(
        "train --data %s/data --out %s/%s --model cnn --epochs 3 --batch 4 --patience 0 --seed 5 --warmup 0.5 "
        "--schedule step:1,2 --optimizer adamw --rate-scale conv2d=0.5,conv2d_1=0.1 --clip-norm 0.5 "
        "--accumulate 3 --ema 0.9 --shift 0.1 --zoom 0.2 --color 0.3 --no-refit");
}

/* Fewer of one class than of the other, stopped within an epoch that draws them more often. */
Test(training, oversampled_epochs_resume_to_the_same_bytes) {
    expect_resumes_to_the_same(
        "train --data %s/data --out %s/%s --epochs 2 --batch 4 --patience 0 --seed 5 --balance oversample");
}

/* A net with batch norms: their averages are part of the position, and an epoch ends with a partial batch,
 * whose rows that only fill it up must be the same after a stop. */
Test(training, batch_norms_resume_to_the_same_bytes) {
    expect_resumes_to_the_same(
        "train --data %s/data --out %s/%s --image-size 64 --epochs 2 --batch 8 --patience 0 --seed 5");
}

/* Stopped between an epoch's last step and its validation. An epoch of one step, since a signal is noticed
 * after a step or after an epoch. */
Test(training, resumes_behind_the_last_step_of_an_epoch) {
    static const char one_step[] =
        "train --data %s/data --out %s/%s --epochs 3 --batch 32 --patience 0 --seed 5";
    const char *folder = program_folder();
    program_use_vulkan();
    draw_samples(folder);
    program_run(&result, one_step, folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    bool found = false;
    for (int i = 0; i < 20 && !found; ++i) { /* again when the signal comes before the step */
        char run[16];
        snprintf(run, sizeof run, "try%d", i);
        program_run_killed(&result, SIGINT, (program_moment){"run folder", 0.01 * i}, one_step, folder,
                           folder, run);
        found = strstr(result.err, "after step 1 of 1") != NULL;
        if (!found)
            continue;
        resume_to_the_end(folder, run);
        expect_same_run(folder, "a", run);
    }
    cr_expect(found, "never stopped behind a step: %s%s", result.out, result.err);
    program_remove(folder);
}

static json_t *config_of(const char *folder, const char *run) {
    char path[512];
    json_error_t error;
    snprintf(path, sizeof path, "%s/%s/config.json", folder, run);
    json_t *config = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(config, "%s: %s", path, error.text);
    return config;
}

static void expect_config(const json_t *config, const char *key, json_t *value) {
    cr_expect(json_equal(json_object_get(config, key), value), "%s", key);
    json_decref(value);
}

/* What the recipe says, and what the command line says besides, before or behind it. */
Test(training, a_recipe_gives_its_settings_and_options_override_them) {
    static const char command[] = "train --data %s/data --out %s/%s %s --recipe keras --no-refit %s";
    const char *folder = program_folder();
    draw_samples(folder);
    program_run(&result, command, folder, folder, "a", "--epochs 1 --augment --shift 0.1",
                "--batch 8 --zoom 0.2 --color 0.3");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    json_t *config = config_of(folder, "a");
    expect_config(config, "epochs", json_integer(1));
    expect_config(config, "crop", json_string("bbox"));
    expect_config(config, "batch", json_integer(8));
    expect_config(config, "model", json_string("cnn"));
    expect_config(config, "optimizer", json_string("adam"));
    expect_config(config, "schedule", json_string("constant"));
    expect_config(config, "learning_rate", json_real(0.001));
    expect_config(config, "dropout", json_real(0.25));
    expect_config(config, "patience", json_integer(3));
    expect_config(config, "normalize", json_string("none"));
    expect_config(config, "balance", json_string("oversample"));
    expect_config(config, "augment", json_true());
    expect_config(config, "shift", json_real(0.1));
    expect_config(config, "zoom", json_real(0.2));
    expect_config(config, "color", json_real(0.3));
    json_decref(config);

    program_run(&result, command, folder, folder, "b", "--batch 8", "--epochs 1");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    config = config_of(folder, "b");
    expect_config(config, "epochs", json_integer(1));
    expect_config(config, "batch", json_integer(8));
    expect_config(config, "augment", json_false());
    json_decref(config);
    program_run(&result, "train --resume %s/a --recipe keras", folder);
    cr_expect_eq(result.exit_status, 2);
    cr_expect_not_null(strstr(result.err, "--recipe: a resumed run"), "%s", result.err);
    program_run(&result, "cv --data %s/data --recipe kreas", folder);
    cr_expect_eq(result.exit_status, 2);
    cr_expect_not_null(strstr(result.err, "--recipe kreas"), "%s", result.err);
    program_run(&result, "tune --help");
    cr_expect_not_null(strstr(result.out, "keras, the Keras work"), "%s", result.out);
    program_remove(folder);
}

/* A profile is taken of a step that is trained anyway. */
Test(training, a_profiled_run_gives_the_same_bytes) {
    static const char command[] =
        "train --data %s/data --out %s/%s --epochs 1 --batch 4 --seed 5 --checkpoint-seconds 1000 %s";
    const char *folder = program_folder();
    char path[512];
    json_error_t error;
    draw_samples(folder);
    program_run(&result, command, folder, folder, "plain", "");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_null(strstr(result.out, "all operators"), "%s", result.out);
    program_run(&result, command, folder, folder, "profiled", "--profile");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "step 3 of epoch 1"), "%s", result.out);
    cr_expect_not_null(strstr(result.out, "all operators"), "%s", result.out);
    cr_expect_not_null(strstr(result.out, "adam"), "%s", result.out);
    expect_same_run(folder, "plain", "profiled");
    snprintf(path, sizeof path, "%s/profiled/profile.json", folder);
    json_t *trace = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_expect_not_null(trace, "%s: %s", path, error.text);
    cr_expect_gt(json_array_size(json_object_get(trace, "traceEvents")), 20);
    json_decref(trace);
    snprintf(path, sizeof path, "%s/plain/profile.json", folder);
    cr_expect_null(program_read(path), "%s: nobody asked for it", path);
    program_remove(folder);
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/data/C-NMC_training_data/fold_0/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs(text, file);
    fclose(file);
}

Test(training, leaves_bad_images_out_and_lists_them) {
    const char *folder = program_folder();
    draw_samples(folder);
    write_file(folder, "all/UID_1_1_999_all.bmp",
               "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 608454\n");
    write_file(folder, "all/UID_1_1_998_all.png", "");
    write_file(folder, "hem/UID_H1_1_999_hem.bmp", "BM this is no image");
    program_run(&result, "train --data %s/data --out %s/run --epochs 1 --batch 8", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.err, "UID_1_1_999_all.bmp"), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "UID_1_1_998_all.png"), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "UID_H1_1_999_hem.bmp"), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "3 image files were left out"), "%s", result.err);

    program_run(&result, "train --data %s/data --out %s/strict --epochs 1 --strict", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "UID_1_1_99"), "%s", result.err);
    program_remove(folder);
}

/* More than llvmpipe gives in one piece: refused before there is a run folder. */
Test(training, a_batch_without_room_is_refused) {
    const char *folder = program_folder();
    program_use_vulkan();
    draw_samples(folder);
    program_run(&result, "train --data %s/data --out %s/run --model cnn --batch 1024", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "--batch 1024 needs"), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "the largest that fits is --batch "), "%s", result.err);
    program_run(&result, "train --data %s/data --out %s/run --batch 1024", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "--batch 1024: "), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "the largest that fits is --batch "), "%s", result.err);
    cr_expect_not(has_config(folder, "run"));
    program_remove(folder);
}

/* So is a batch that a trained model, a benchmark or the tuning of kernels has no room for. */
Test(training, a_batch_without_room_is_refused_by_every_verb) {
    static const char *const commands[] = {
        "eval --model %s/run --batch 1024",      "bench w1 --batch 1024 --steps 1",
        "bench w2 --batch 1024 --steps 1",       "bench w4 --batch 1024 --steps 1",
        "tune-kernels --model cnn --batch 1024", "tune-kernels --batch 1024"};
    const char *folder = program_folder();
    program_use_vulkan();
    char command[256];
    setenv("XDG_CACHE_HOME", folder, 1);
    draw_samples(folder);
    program_run(&result,
                "train --data %s/data --out %s/run --model cnn --epochs 1 --batch 8 --no-augment --no-refit",
                folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; ++i) {
        snprintf(command, sizeof command, commands[i], folder);
        program_run(&result, "%s", command);
        cr_expect_eq(result.exit_status, 1, "leukvk %s", command);
        cr_expect_not_null(strstr(result.err, "leukvk: --batch 1024"), "leukvk %s: %s", command, result.err);
        cr_expect_not_null(strstr(result.err, "the largest that fits is --batch "), "leukvk %s: %s", command,
                           result.err);
    }
    program_remove(folder);
}

/* p and class of every line of a CSV of predictions. */
static size_t read_predictions(const char *path, double *p, char classes[][16], size_t most) {
    char *text = program_read(path);
    cr_assert_not_null(text, "%s", path);
    size_t count = 0;
    for (char *line = strchr(text, '\n'); line && line[1] && count < most; line = strchr(line + 1, '\n')) {
        const char *comma = strchr(line + 1, ',');
        cr_assert_eq(sscanf(comma, ",%lf,%15[a-z]", &p[count], classes[count]), 2, "%s", line + 1);
        ++count;
    }
    free(text);
    return count;
}

Test(training, predictions_agree_between_devices) {
    enum { MOST = 64 };
    static const char *const icds[] = {LAVAPIPE_ICD, SWIFTSHADER_ICD};
    const char *folder = program_folder();
    program_use_vulkan();
    double p[3][MOST];
    static char classes[3][MOST][16];
    size_t counts[3];
    char path[512];
    draw_samples(folder);
    program_run(&result,
                "train --data %s/data --out %s/run --model cnn --epochs 1 --batch 4 --seed 5 --no-refit",
                folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    for (int device = 0; device < 3; ++device) {
        if (device < 2)
            setenv("VK_ICD_FILENAMES", icds[device], 1);
        snprintf(path, sizeof path, "%s/p%d.csv", folder, device);
        program_run(&result, "predict --model %s/run --part test --format csv --out %s%s", folder, path,
                    device == 2 ? " --device reference" : "");
        cr_assert_eq(result.exit_status, 0, "%s", result.err);
        counts[device] = read_predictions(path, p[device], classes[device], MOST);
        cr_assert_gt(counts[device], 0);
        cr_assert_eq(counts[device], counts[0]);
        for (size_t i = 0; i < counts[device]; ++i) {
            cr_expect(fabs(p[device][i] - p[0][i]) <= 1e-5, "image %zu: %.9g and %.9g", i, p[0][i],
                      p[device][i]);
            cr_expect_str_eq(classes[device][i], classes[0][i]);
        }
    }
    program_remove(folder);
}

/* Each kind of augmentation changes what is trained on. */
Test(training, augmentation_changes_the_weights) {
    static const char *const options[] = {"", "--no-augment", "--shift 0.1", "--zoom 0.1", "--color 0.1"};
    enum { RUNS = sizeof options / sizeof *options };
    const char *folder = program_folder();
    char paths[RUNS][512];
    draw_samples(folder);
    for (int i = 0; i < RUNS; ++i) {
        program_run(&result, "train --data %s/data --out %s/%d --epochs 1 --batch 16 --seed 5 --no-refit %s",
                    folder, folder, i, options[i]);
        cr_assert_eq(result.exit_status, 0, "%s: %s", options[i], result.err);
        snprintf(paths[i], sizeof paths[i], "%s/%d/model.safetensors", folder, i);
        for (int k = 0; k < i; ++k)
            cr_expect(!program_same_file(paths[i], paths[k]), "'%s' and '%s' train alike", options[i],
                      options[k]);
    }
    program_remove(folder);
}

/* Images that are larger than any before need more room on the device; what is said of the others stays. */
Test(training, large_images_are_predicted_beside_small_ones) {
    enum { SMALL = 16, BOTH = 32 };
    const char *folder = program_folder();
    static char classes[2][64][16];
    double p[2][64];
    char path[512];
    program_run(&result, "synth %s/both/small --images 16 --subjects 8 --size 128 --format png", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    draw_samples(folder);
    program_run(&result, "train --data %s/data --out %s/run --crop none --epochs 1 --batch 16", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    for (int both = 0; both < 2; ++both) {
        if (both) {
            program_run(&result, "synth %s/both/unusual --images 16 --subjects 8 --size 700 --format png",
                        folder);
            cr_assert_eq(result.exit_status, 0, "%s", result.err);
        }
        snprintf(path, sizeof path, "%s/p%d.csv", folder, both);
        program_run(&result, "predict --model %s/run --format csv --out %s %s/both", folder, path, folder);
        cr_assert_eq(result.exit_status, 0, "%s", result.err);
        cr_assert_eq(read_predictions(path, p[both], classes[both], 64), both ? BOTH : SMALL);
    }
    for (int i = 0; i < SMALL; ++i)
        cr_expect_eq(p[0][i], p[1][i], "image %d: %.9g and %.9g", i, p[0][i], p[1][i]);
    program_remove(folder);
}

/* The number in front of the first `unit` behind `start`. */
static double figure_before(const char *text, const char *start, const char *unit) {
    const char *at = strstr(text, start);
    at = at ? strstr(at, unit) : NULL;
    cr_assert_not_null(at, "no '%s' behind '%s': %s", unit, start, text);
    while (at > text && at[-1] != ' ')
        --at;
    return strtod(at, NULL);
}

/* The first epoch after a stop took only the rest of its images. Stops until that is two thirds at most. */
Test(training, speed_after_a_resume_is_that_of_the_rest) {
    const char *folder = program_folder();
    const program_moment moment = {"run folder", 0.7};
    program_use_vulkan();
    unsigned done = 0, steps = 1;
    program_run(&result, "synth %s/data --images 200 --subjects 10 --size 128 --format png --seed 3", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    for (int stop = 0; 3 * done < steps && stop < 20; ++stop) {
        program_run_killed(&result, SIGINT, moment,
                           stop ? "train --resume %s/run"
                                : "train --data %s/data --out %s/run --epochs 1 --batch 4 --no-refit",
                           folder, folder);
        const char *at = strstr(result.err, "after step ");
        if (at)
            cr_assert_eq(sscanf(at, "after step %u of %u", &done, &steps), 2, "%s", result.err);
    }
    cr_assert_geq(3 * done, steps, "%s%s", result.out, result.err);
    resume_to_the_end(folder, "run");
    char *timing = program_read_in(folder, "run/timing.csv"), *row = strchr(timing, '\n') + 1;
    const double rate = strtod(strchr(strchr(row, ',') + 1, ',') + 1, NULL);
    const double shown = figure_before(result.out, "Epoch 1/1", " images/s");
    cr_expect_float_eq(shown, rate, 0.5 + 1e-9, "%s but %s", result.out, row);
    free(timing);
    program_remove(folder);
}

/* A run that goes on by other limits says what that does, one that has nothing to do says why. */
Test(training, a_resume_says_what_other_limits_do) {
    const char *folder = program_folder();
    draw_samples(folder);
#define SMALL "--epochs 2 --batch 4 --learning-rate 1e-12 --patience 1 --no-refit"
    program_run(&result, "train --data %s/data --out %s/run " SMALL " --schedule cosine", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "train --resume %s/run", folder);
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(
        strstr(result.err, "nothing is left to train: all 2 epochs are done; a larger --epochs"), "%s",
        result.err);
    program_run(&result, "train --resume %s/run --epochs 4 --patience 0", folder);
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.err,
                              "the schedule 'cosine' is stretched from 2 to 4 epochs: the learning rate "
                              "goes on at 5e-13, not "),
                       "%s", result.err);
    cr_expect_not_null(strstr(result.out, "Epoch 4/4"), "%s", result.out);
    program_remove(folder);
}

Test(training, a_resume_after_an_early_stop_says_so_and_takes_another_patience) {
    const char *folder = program_folder();
    draw_samples(folder);
    program_run(&result,
                "train --data %s/data --out %s/run --epochs 9 --batch 4 --patience 1 --schedule constant "
                "--optimizer sgd --learning-rate 0.5 --no-refit",
                folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_assert_not_null(strstr(result.out, "stopped early"), "%s", result.out);
    program_run(&result, "train --resume %s/run --epochs 12", folder);
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.err, "nothing is left to train: epoch "), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "--patience is 1; a larger --patience, or 0, goes on"), "%s",
                       result.err);
    program_run(&result, "train --resume %s/run --patience 0", folder);
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "Epoch 12/12"), "%s", result.out);
    program_remove(folder);
}

/* Vectors of another width add in another order. */
Test(training, resuming_on_another_device_names_both) {
    const char *folder = program_folder();
    draw_samples(folder);
    setenv("LP_NATIVE_VECTOR_WIDTH", "256", 1);
    program_run(&result, "train --data %s/data --out %s/run --epochs 1 --batch 16 --device llvmpipe", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_null(strstr(result.err, "than before"), "%s", result.err);
    program_run(&result, "train --resume %s/run --device llvmpipe", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_null(strstr(result.err, "than before"), "%s", result.err);
    setenv("LP_NATIVE_VECTOR_WIDTH", "128", 1);
    program_run(&result, "train --resume %s/run --device llvmpipe", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.err, "another device than before, llvmpipe"), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "128 bits) and not llvmpipe"), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "256 bits), so not to the same bits"), "%s", result.err);
    program_remove(folder);
}

/* What can be refused is before an image is read: there is none that could be. */
Test(training, what_cannot_be_is_refused_before_images_are_read) {
    enum { CLASSES = 65 };
    const char *folder = program_folder();
    char command[1024];
    for (int c = 0; c < CLASSES; ++c) {
        snprintf(command, sizeof command, "mkdir -p %s/data/type_%d && echo no image > %s/data/type_%d/a.png",
                 folder, c, folder, c);
        cr_assert_eq(system(command), 0);
    }
    static const char *const verbs[] = {"train", "train --strict", "cv", "tune --grid dropout=0,0.5"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; ++i) {
        program_run(&result, "%s --data %s/data --out %s/run", verbs[i], folder, folder);
        cr_expect_eq(result.exit_status, 1);
        cr_expect_not_null(strstr(result.err, "data: found 65 classes (type_0, type_1, type_10, "), "%s: %s",
                           verbs[i], result.err);
        cr_expect_not_null(strstr(result.err, "); a model tells 2 to 64 apart"), "%s: %s", verbs[i],
                           result.err);
        cr_expect_null(strstr(result.err, "left out"), "%s: %s", verbs[i], result.err);
    }
    program_run(&result, "train --data %s/data --out %s/data", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "data: is not empty"), "%s", result.err);
    cr_expect_null(strstr(result.err, "reading the images"), "%s", result.err);
    static const char *const groups[] = {"cv", "tune --grid dropout=0,0.5"};
    for (int i = 0; i < 2; ++i) {
        program_run(&result, "%s --data %s/data --out %s/data/type_2/a.png", groups[i], folder, folder);
        cr_expect_eq(result.exit_status, 1);
        cr_expect_not_null(strstr(result.err, "a.png: is a file"), "%s", result.err);
        cr_expect_null(strstr(result.err, "reading the images"), "%s", result.err);
    }
    program_remove(folder);
}
