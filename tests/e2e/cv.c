/* Cross-validation from end to end on drawn cells: every image is evaluated once, a killed one goes on to the
 * same bytes, what is printed can be computed again from the files. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static program_result result; /* large */

#define CV "cv --data %s/data --out %s/%s --image-size 64 --folds 3 --epochs 2 --batch 8 --seed 5"

static void draw_samples(const char *folder) {
    program_run(&result, "synth %s/data --images 24 --subjects 12 --size 64 --format png --seed 3", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
}

static void expect_same(const char *folder, const char *a, const char *b) {
    static const char *const files[] = {"predictions.csv", "results.json", "split-1.json", "split-3.json",
                                        "fold-2/model.safetensors"};
    for (size_t i = 0; i < sizeof files / sizeof *files; ++i) {
        char names[2][128];
        snprintf(names[0], sizeof names[0], "%s/%s", a, files[i]);
        snprintf(names[1], sizeof names[1], "%s/%s", b, files[i]);
        program_expect_same(folder, names[0], names[1]);
    }
}

/* The number of a key of the JSON in `text`, below the object `inner` where that is not NULL. */
static double number_of(const char *text, const char *inner, const char *key) {
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    cr_assert_not_null(json, "%s in %s", error.text, text);
    const json_t *object = inner ? json_object_get(json, inner) : json;
    const double number = json_number_value(json_object_get(object, key));
    json_decref(json);
    return number;
}

Test(cv, goes_on_after_a_kill_and_adds_up) {
    const char *folder = program_folder();
    draw_samples(folder);
    program_run(&result, CV, folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    cr_expect_not_null(strstr(result.out, "has not seen its subject"));
    static const program_moment moments[] = {
        {"run folder", 0.1}, {"Epoch 1/2", 0}, {"fold 1:", 0.1}, {"Epoch 1/2", 0.1}};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; ++i)
        program_run_killed(&result, i % 2 ? SIGINT : SIGKILL, moments[i], CV, folder, folder, "b");
    program_run(&result, CV, folder, folder, "b");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    expect_same(folder, "a", "b");
    program_run(&result, CV, folder, folder, "b"); /* finished: evaluated again, trained no more */
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_null(strstr(result.out, "Epoch"), "%s", result.out);

    char *predictions = program_read_in(folder, "a/predictions.csv"),
         *results = program_read_in(folder, "a/results.json");
    program_run(&result, "eval --from %s/a/predictions.csv --json", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_eq(program_lines(predictions) - 1, (size_t)number_of(result.out, NULL, "images"));
    static const char *const keys[] = {"auc", "loss", "f1_weighted", "brier", "size_only_auc", "subjects"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i)
        cr_expect_float_eq(number_of(result.out, NULL, keys[i]), number_of(results, "all", keys[i]), 1e-8,
                           "%s", keys[i]);
    free(predictions);
    free(results);

    /* a fold of other settings is not taken for one of these */
    char command[600];
    snprintf(command, sizeof command,
             "sed -i 's/\"learning_rate\": [0-9.e-]*/\"learning_rate\": 0.5/' %s/a/fold-2/config.json",
             folder);
    cr_assert_eq(system(command), 0);
    program_run(&result, CV, folder, folder, "a");
    cr_expect_eq(result.exit_status, 1, "%s", result.err);
    EXPECT_SAYS(result.err, "a/fold-2/config.json: has another \"learning_rate\" than this cross-validation");
    program_expect_same(folder, "a/results.json", "b/results.json");
    program_remove(folder);
}

/* p of the first image in a CSV of predictions. */
static double first_p(const char *text) {
    const char *line = strchr(text, '\n');
    cr_assert_not_null(line);
    const char *comma = strchr(line, ',');
    cr_assert_not_null(comma);
    return strtod(comma + 1, NULL);
}

Test(cv, models_of_the_folds_are_averaged) {
    const char *folder = program_folder();
    double p[2];
    draw_samples(folder);
    program_run(&result, CV, folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    for (int fold = 1; fold <= 2; ++fold) {
        program_run(&result, "predict --model %s/a/fold-%d %s/data --format csv", folder, fold, folder);
        cr_assert_eq(result.exit_status, 0, "%s", result.err);
        p[fold - 1] = first_p(result.out);
    }
    program_run(&result, "predict --model %s/a/fold-1 --model %s/a/fold-2 %s/data --format csv", folder,
                folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_neq(p[0], p[1]);
    cr_expect_float_eq(first_p(result.out), (p[0] + p[1]) / 2, 1e-9);
    program_run(&result, "eval --model %s/a/fold-1 --model %s/a/fold-2", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "the other may have learned"), "%s", result.err);
    program_remove(folder);
}

/* By how much novelty's limit is larger for people not seen, by the model of a run. */
static double ratio_of(const char *folder, const char *run) {
    static const char entry[] = "\"novelty_unseen_ratio\":\"";
    char path[512], header[16384] = {0};
    snprintf(path, sizeof path, "%s/%s/model.safetensors", folder, run);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_gt(fread(header, 1, sizeof header - 1, file), 100);
    fclose(file);
    const char *at = strstr(header + 8, entry);
    cr_assert_not_null(at, "%s: no ratio", path);
    return strtod(at + strlen(entry), NULL);
}

/* Parts that somebody has made are not mixed. */
static void expect_parts_kept(const char *folder) {
    static const char *const verbs[] = {"cv --folds 2", "tune --grid dropout=0"};
    char command[1024];
    snprintf(command, sizeof command,
             "cd %s && mkdir parts && cp -r data/C-NMC_training_data/fold_0 parts/train && "
             "cp -r data/C-NMC_training_data/fold_1 parts/test",
             folder);
    cr_assert_eq(system(command), 0);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; ++i) {
        program_run(&result, "%s --data %s/parts --out %s/no --refit", verbs[i], folder, folder);
        cr_expect_eq(result.exit_status, 1, "%s", result.err);
        EXPECT_SAYS(result.err, "--refit: ");
        EXPECT_SAYS(result.err, "parts has parts of its own");
        snprintf(command, sizeof command, "test ! -e %s/no", folder);
        cr_expect_eq(system(command), 0, "%s: a folder is there", verbs[i]);
    }
}

Test(cv, trains_a_model_on_all_images_at_the_end) {
    const char *folder = program_folder();
    draw_samples(folder);
    program_run(&result, CV " --refit", folder, folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    cr_expect_not_null(strstr(result.out, "a/refit/model.safetensors"), "%s", result.out);
    cr_expect_not_null(strstr(result.out, "gave it the temperature "), "%s", result.out);
    const double ratios[3] = {ratio_of(folder, "a/fold-1"), ratio_of(folder, "a/fold-2"),
                              ratio_of(folder, "a/fold-3")};
    const double refit = ratio_of(folder, "a/refit");
    size_t below = 0, equal = 0;
    for (int fold = 0; fold < 3; ++fold) {
        below += ratios[fold] < refit;
        equal += ratios[fold] == refit;
    }
    cr_expect(equal >= 1 && below <= 1 && below + equal >= 2, "%g is not the median of %g, %g and %g", refit,
              ratios[0], ratios[1], ratios[2]);
    program_run(&result, "predict --model %s/a %s/data --format csv", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    char *used = strdup(result.out);
    program_run(&result, "predict --model %s/a/refit %s/data --format csv", folder, folder);
    cr_expect_str_eq(result.out, used);
    free(used);
    program_run(&result, "summary %s/a", folder);
    cr_expect_not_null(strstr(result.out, "estimated by a cross-validation: AUC "), "%s", result.out);
    program_run(&result, "calibrate %s/a --from %s/a/predictions.csv --sensitivity 0.9", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "predict --model %s/a %s/data --format csv", folder, folder);
    cr_expect_not_null(strstr(result.err, "a/refit/model.safetensors: threshold "), "%s", result.err);
    program_run(&result, "calibrate %s/a --remove", folder); /* but for what the training chose */
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "predict --model %s/a %s/data --format csv", folder, folder);
    cr_expect_not_null(strstr(result.err, "a/refit/model.safetensors: temperature "), "%s", result.err);
    program_run(&result, CV, folder, folder, "b"); /* without it at first */
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, CV " --refit", folder, folder, "b");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_expect_same(folder, "a/refit/model.safetensors", "b/refit/model.safetensors");
    expect_same(folder, "a", "b");
    program_run(&result, "calibrate %s/b --remove", folder); /* of which there is no more than that */
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "calibrate %s/b --remove", folder);
    cr_expect_not_null(strstr(result.err, "neither temperature nor threshold"), "%s", result.err);
    expect_parts_kept(folder);
    program_remove(folder);
}

Test(cv, says_when_people_are_on_both_sides) {
    const char *folder = program_folder();
    draw_samples(folder);
    program_run(&result, CV " --group none", folder, folder, "leaking");
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
    cr_expect_not_null(strstr(result.out, "has seen other cells of the same subject"), "%s", result.out);
    cr_expect_not_null(strstr(result.out, "say nothing about new people"));
    program_remove(folder);
}

/* By a user who may not write into /dev: the superuser becomes one. */
Test(cv, exports_to_standard_output_and_devices) {
    const char *folder = program_folder(), *program = getenv("LEUKVK_PROGRAM");
    static const struct {
        const char *file, *says;
    } runs[] = {{"-", "none: No such file"},
                {"/dev/null", "none: No such file"},
                {"/nonexistent/mean.safetensors", "--export /nonexistent/mean.safetensors: cannot write in"}};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; ++i) {
        char command[1024];
        snprintf(
            command, sizeof command,
            "chmod 755 %s && cp '%s' %s/program && %s %s/program cv --data %s/none --export %s 2>&1 >/dev/null",
            folder, program, folder,
            geteuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : "", folder, folder,
            runs[i].file);
        char line[1024] = "";
        FILE *told = popen(command, "r");
        cr_assert_not_null(told);
        for (char more[1024]; fgets(more, sizeof more, told);)
            snprintf(line, sizeof line, "%s", more);
        cr_expect_eq(WEXITSTATUS(pclose(told)), i < 2 ? 1 : 2, "%s: %s", runs[i].file, line);
        EXPECT_SAYS(line, runs[i].says);
    }
    program_remove(folder);
}

Test(cv, refuses_what_is_not_the_same) {
    const char *folder = program_folder();
    draw_samples(folder);
    program_run_killed(&result, SIGINT, (program_moment){"run folder", 0}, CV, folder, folder, "a");
    EXPECT_SAYS(result.err, "a: stopped in fold 1; the same command goes on");
    program_run(&result, CV " --dropout 0.5", folder, folder, "a");
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "another \"dropout\""), "%s", result.err);
    program_run(&result, "cv --data %s/none --out %s/b", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "none: No such file"), "%s", result.err);
    program_run(&result, "cv --data %s/data --out %s/b --folds official --group none", folder, folder);
    cr_expect_eq(result.exit_status, 2);
    program_run(&result, "cv --data %s/data --folds 1", folder);
    cr_expect_eq(result.exit_status, 2);
    program_run(&result, "cv --data %s/data --out %s/b --folds 10", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "too few for each of 10 parts"), "%s", result.err);
    program_remove(folder);
}
