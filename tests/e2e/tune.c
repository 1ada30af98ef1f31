/* Hyperparameter search from end to end on drawn cells: the same with any number of jobs and after kills, no
 * trial twice, the best one repeated from the command line that is printed. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static program_result result; /* large */

#define TUNE "tune --data %s/data --out %s/%s --image-size 32 --batch 8 --no-augment"
#define GRID TUNE " --grid epochs=1,2 --grid learning-rate=0.001,0.01"

static void draw(const char *folder, int images, int subjects) {
    program_run(&result, "synth %s/data --images %d --subjects %d --size 64 --format png --seed 3", folder,
                images, subjects);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
}

/* Enough for an epoch of one step. */
static void draw_samples(const char *folder) {
    draw(folder, 20, 10);
}

static bool file_times(const char *folder, const char *name, struct timespec *time) {
    char path[512];
    struct stat info = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const bool there = stat(path, &info) == 0;
    *time = info.st_mtim;
    return there;
}

/* Runs the command "leukvk train ..." that `text` has. */
static void repeat(const char *text, const char *out) {
    char command[1024];
    const char *begin = strstr(text, "leukvk train ");
    cr_assert_not_null(begin, "%s", text);
    begin += strlen("leukvk ");
    snprintf(command, sizeof command, "%.*s", (int)strcspn(begin, "\n"), begin);
    program_run(&result, "%s --out %s", command, out);
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
}

/* The grid that is searched where none is named, the Keras work's 27 trials. */
Test(tune, is_the_same_with_two_jobs_and_after_kills) {
    static const char grid[] = TUNE " --patience 2 --jobs %d";
    static const program_moment moments[] = {
        {"27 trials", 0}, {"trial 1, epoch 1/10", 0}, {"trial 14 done", 0}};
    const char *folder = program_folder();
    struct timespec before = {0}, after = {0};
    setenv("OMP_NUM_THREADS", "1", 1); /* on the processor the bits hang on a trial's threads */
    draw_samples(folder);
    program_run(&result, grid, folder, folder, "a", 2);
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    cr_expect_not_null(strstr(result.out, "not for choosing"));

    for (size_t i = 0; i < sizeof moments / sizeof *moments; ++i)
        program_run_killed(&result, i % 2 ? SIGINT : SIGKILL, moments[i], grid, folder, folder, "b", 1);
    cr_assert(file_times(folder, "b/trial-014/results.json", &before), "%s%s", result.out, result.err);
    program_run(&result, grid, folder, folder, "b", 1);
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    cr_expect_not_null(strstr(result.out, "trial 14 was done before"), "%s", result.out);
    cr_expect_null(strstr(result.out, "trial 14, epoch"), "%s", result.out);
    cr_expect(file_times(folder, "b/trial-014/results.json", &after));
    cr_expect(before.tv_sec == after.tv_sec && before.tv_nsec == after.tv_nsec, "trial 14 was repeated");
    program_expect_same(folder, "a/trials.csv", "b/trials.csv");
    program_expect_same(folder, "a/split.json", "b/split.json");
    program_expect_same(folder, "a/split.json", "b/trial-003/split.json");
    program_expect_same(folder, "a/trial-027/model.safetensors", "b/trial-027/model.safetensors");
    char *trials = program_read_in(folder, "a/trials.csv");
    cr_expect_eq(program_lines(trials), 28);
    cr_expect_not_null(strstr(trials, "\n27,20,0.1,0.5,finished,"), "%s", trials);
    free(trials);

    program_run(&result, grid, folder, folder, "b", 1); /* finished: nothing is trained any more */
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_null(strstr(result.out, "epoch 1/"), "%s", result.out);
    program_remove(folder);
}

Test(tune, halving_gives_what_an_uninterrupted_training_gives) {
    const char *folder = program_folder();
    setenv("OMP_NUM_THREADS", "1", 1); /* on the processor the bits hang on a trial's threads */
    draw(folder, 32, 12);              /* what is to diverge takes some steps to it */
    program_run(
        &result,
        "tune --data %s/data --out %s/%s --model cnn --batch 8 --no-augment --search halving --epochs 4 --grid learning-rate=0.001,0.003,100 --optimizer sgd "
        "--jobs 2",
        folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    char *trials = program_read_in(folder, "a/trials.csv"), out[256], best[64];
    cr_expect_not_null(strstr(trials, "\n3,100,diverged,"), "%s", trials);
    char *reason = program_read_in(folder, "a/trial-003/diverged.json");
    cr_expect_eq(strncmp(reason, "{\"reason\": \"the loss diverged at epoch ", 39), 0, "%s", reason);
    cr_expect_eq(strcmp(strchr(reason, '\n') - 2, "\"}\n"), 0, "%s", reason);
    free(reason);
    cr_expect_not_null(strstr(trials, ",dropped,2,"), "%s", trials);
    cr_expect_not_null(strstr(trials, ",finished,4,"), "%s", trials);
    snprintf(best, sizeof best, "a/trial-00%c/metrics.csv", /* "\n2,0.003,finished" */
             strstr(trials, ",finished,")[-(int)strlen("2,0.003")]);
    snprintf(out, sizeof out, "%s/again", folder);
    repeat(result.out, out);
    program_expect_same(folder, best, "again/metrics.csv");
    free(trials);
    program_remove(folder);
}

Test(tune, trains_the_best_trial_on_all_images_at_the_end) {
    const char *folder = program_folder();
    draw_samples(folder);
    program_run(&result, TUNE " --grid dropout=0.1,0.3 --epochs 1 --refit", folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    cr_expect_not_null(strstr(result.out, ", trained on all images: "), "%s", result.out);
    const char *temperature = strstr(result.out, "temperature");
    cr_expect(temperature && strstr(temperature, "the trial's test images"), "%s", result.out);
    program_run(&result, "predict --model %s/a %s/data --format csv", folder, folder);
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    RUN(TUNE " --grid dropout=0.1,0.3 --epochs 1 --refit", folder, folder, "a");

    /* one that is there of another trial is not taken for the best one's */
    char command[600];
    snprintf(command, sizeof command,
             "sed -i 's/\"dropout\": 0[.][0-9]*/\"dropout\": 0.2/' %s/a/refit/config.json", folder);
    cr_assert_eq(system(command), 0);
    program_run(&result, TUNE " --grid dropout=0.1,0.3 --epochs 1 --refit", folder, folder, "a");
    cr_expect_eq(result.exit_status, 1, "%s", result.err);
    EXPECT_SAYS(result.err, "a/refit: is the model of other settings, with another \"dropout\"");
    program_remove(folder);
}

/* Finished or only begun, it would be ranked as a trial of settings that it was not trained with. */
Test(tune, a_trial_whose_settings_were_changed_is_refused) {
    static const struct {
        const char *change, *says;
    } cases[] = {
        {"sed -i 's/\"dropout\": [0-9.]*/\"dropout\": 0.2/' config.json", "has another \"dropout\""},
        {"sed -i 's/\"epochs\": 1/\"epochs\": 2/' config.json", "has another \"epochs\""},
        {"sed -i 's/\"dropout\": [0-9.]*/\"dropout\": NaN/' config.json", "invalid token near 'NaN'"},
        {"sed -i '/\"dropout\"/d' config.json", "there is no \"dropout\""},
        {"rm config.json", "No such file"},
        {"rm results.json; sed -i 's/\"dropout\": [0-9.]*/\"dropout\": 0.2/' config.json",
         "has another \"dropout\""}};
    const char *folder = program_folder();
    char command[1024];
    draw_samples(folder);
    RUN(TUNE " --grid dropout=0.1,0.3 --epochs 1", folder, folder, "a");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        snprintf(command, sizeof command, "cd %s && cp -r a b && cd b/trial-002 && %s && cp -r %s/b %s/c",
                 folder, cases[i].change, folder, folder);
        cr_assert_eq(system(command), 0, "%s", command);
        program_run(&result, TUNE " --grid dropout=0.1,0.3 --epochs 1", folder, folder, "b");
        cr_expect_eq(result.exit_status, 1, "%s: %s", cases[i].change, result.err);
        EXPECT_SAYS(result.err, "trial-002/config.json");
        EXPECT_SAYS(result.err, cases[i].says);
        snprintf(command, sizeof command, "cd %s && diff -r b/trial-002 c/trial-002 && rm -r b c", folder);
        cr_assert_eq(system(command), 0, "%s", command);
    }
    RUN(TUNE " --grid dropout=0.1,0.3 --epochs 1", folder, folder, "a");
    program_remove(folder);
}

/* What is said of the best trial is all that it takes to repeat it. */
Test(tune, the_command_has_every_setting) {
    const char *folder = program_folder();
    char out[256];
    draw_samples(folder);
    program_run(
        &result,
        TUNE
        " --grid dropout=0.1 --epochs 2 --optimizer adamw --weight-decay 0.1 --l2 0.001 --warmup 0.5 "
        "--schedule step:1 --rate-scale dense=0.5 --clip-norm 0.5 --accumulate 2 --ema 0.5 --balance none "
        "--normalize none --seed 7",
        folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    snprintf(out, sizeof out, "%s/again", folder);
    repeat(result.out, out);
    program_expect_same(folder, "a/trial-001/metrics.csv", "again/metrics.csv");
    program_expect_same(folder, "a/trial-001/model.safetensors", "again/model.safetensors");
    program_remove(folder);
}

/* On the processor the bits hang on the threads, of which each of two trials at a time has its share. */
Test(tune, the_command_has_the_threads_of_a_trial) {
    static const char search[] = TUNE " --grid dropout=0.1,0.3 --epochs 1 --device cpu --jobs 2";
    const char *folder = program_folder();
    char out[256], threads[8] = "";
    draw_samples(folder);
    program_run(&result, search, folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    const char *said = strstr(result.out, "; to repeat it:\n  OMP_NUM_THREADS=");
    cr_assert_eq(said && sscanf(said, "; to repeat it: OMP_NUM_THREADS=%7[0-9] leukvk train", threads), 1,
                 "%s", result.out);
    const char *best =
        strstr(result.out, "is trial 2's") ? "a/trial-002/metrics.csv" : "a/trial-001/metrics.csv";
    setenv("OMP_NUM_THREADS", threads, 1);
    snprintf(out, sizeof out, "%s/again", folder);
    repeat(result.out, out);
    program_expect_same(folder, best, "again/metrics.csv");
    program_remove(folder);
}

/* Also where no trial was in progress: what is begun from here on has other bits than the trials before. */
Test(tune, says_that_it_goes_on_with_another_device) {
    static const char search[] = TUNE " --grid learning-rate=0.001,0.002,0.003 --epochs 1 --model cnn-gap";
    const char *folder = program_folder();
    char command[256];
    draw_samples(folder);
    program_use_vulkan();
    setenv("LP_NATIVE_VECTOR_WIDTH", "128", 1);
    program_run(&result, search, folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    cr_expect_null(strstr(result.err, "than before"), "%s", result.err);
    setenv("LP_NATIVE_VECTOR_WIDTH", "256", 1);
    program_run(&result, search, folder, folder, "a"); /* nothing is left to train */
    cr_expect_null(strstr(result.err, "than before"), "%s", result.err);
    snprintf(command, sizeof command, "rm -r %s/a/trial-002 %s/a/trial-003", folder, folder);
    cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c) */
    program_run(&result, search, folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    const char *said = strstr(result.err, "/a: goes on with another device than before, llvmpipe (LLVM");
    cr_assert_not_null(said, "%s", result.err);
    cr_expect_null(strstr(strchr(said, '\n'), "than before"), "said twice: %s", result.err);
    program_remove(folder);
}

Test(tune, stops_at_ctrl_c_and_refuses_another_search) {
    const char *folder = program_folder();
    draw_samples(folder);
    for (int i = 0; i < 20; ++i) { /* until it has begun */
        struct timespec time;
        program_run_killed(&result, SIGINT, (program_moment){"4 trials", 0}, GRID " --jobs 2", folder, folder,
                           "a");
        cr_assert_eq(result.exit_status, 130, "%s", result.err);
        if (!file_times(folder, "a/search.json", &time))
            continue;
        cr_expect_not_null(strstr(result.err, "the same command goes on"), "%s", result.err);
        break;
    }
    program_run(&result, GRID " --dropout 0.5", folder, folder, "a");
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "another \"dropout\""), "%s", result.err);
    program_run(&result, TUNE " --grid epochs=1,3 --grid learning-rate=0.001,0.01", folder, folder, "a");
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "another \"grid.epochs\""), "%s", result.err);
    program_run(&result, "tune --data %s/none --out %s/b --grid dropout=0,0.5", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "none: No such file"), "%s", result.err);
    program_run(&result, TUNE " --grid dropout=0,1.5", folder, folder, "b");
    cr_expect_eq(result.exit_status, 2);
    cr_expect_not_null(strstr(result.err, "--dropout 1.5"), "%s", result.err);
    struct timespec time;
    cr_expect_not(file_times(folder, "b", &time), "a refused search has made its folder");
    program_remove(folder);
}
