/* Calibration from end to end: predict, eval and several models together use what calibrate has chosen, and
 * without it everything has the same bytes as before. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static program_result result; /* large */

enum { MOST = 32 };

typedef struct predictions {
    size_t count;
    double p[MOST];
    char classes[MOST][16];
} predictions;

static bool take_line(predictions *all, const char *line) {
    const char *comma = strchr(line, ',');
    const size_t i = all->count++;
    return i < MOST && comma && sscanf(comma, ",%lf,%15[a-z]", &all->p[i], all->classes[i]) == 2;
}

/* What `predict MODELS` says of the run's test part; `name`: of the file it goes to. */
static predictions predict(const char *folder, const char *models, const char *name) {
    predictions all = {0};
    program_run(&result, "predict %s --part test --format csv --out %s/%s", models, folder, name);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    char *text = program_read_in(folder, name);
    bool good = true;
    for (char *line = strchr(text, '\n'); line && line[1] && good; line = strchr(line + 1, '\n'))
        good = take_line(&all, line + 1);
    cr_assert(good, "%s", text);
    free(text);
    return all;
}

static int descending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The model's own probabilities under other paths, with labels that they tell well but not perfectly. */
static void write_source(const char *folder, const predictions *own) {
    double p[MOST];
    char path[512];
    memcpy(p, own->p, sizeof p);
    qsort(p, own->count, sizeof *p, descending);
    snprintf(path, sizeof path, "%s/source.csv", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs("path,p_all,label\n", file);
    for (size_t i = 0; i < own->count; ++i)
        fprintf(file, "cell%zu,%.9g,%s\n", i, p[i],
                (i < own->count / 2) != (i == own->count / 2 - 1 || i == own->count / 2) ? "all" : "hem");
    fclose(file);
}

/* An entry of the metadata of the model; NaN: it has none. */
static double entry_of(const char *folder, const char *key) {
    char path[512], pattern[64], header[4096] = {0};
    double value;
    snprintf(path, sizeof path, "%s/run/model.safetensors", folder);
    snprintf(pattern, sizeof pattern, "\"%s\":\"", key);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_gt(fread(header, 1, sizeof header - 1, file), 100);
    fclose(file);
    const char *at = strstr(header + 8, pattern);
    return at && sscanf(at + strlen(pattern), "%lf", &value) == 1 ? value : (double)NAN;
}

static double calibrated(double p, double temperature) {
    return 1 / (1 + exp(-log(p / (1 - p)) / temperature));
}

static void copy_model(const char *folder, const char *to) {
    char command[1200];
    snprintf(command, sizeof command, "cp %s/run/model.safetensors %s/%s", folder, folder, to);
    cr_assert_eq(system(command), 0);
}

static void train(const char *folder) {
    program_run(&result, "synth %s/data --images 40 --subjects 10 --size 64 --format png --seed 3", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "train --data %s/data --out %s/run --model cnn --epochs 1 --batch 4 --seed 5",
                folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
}

static size_t differing_classes(const predictions *a, const predictions *b) {
    size_t count = 0;
    for (size_t i = 0; i < a->count; ++i)
        count += strcmp(a->classes[i], b->classes[i]) != 0;
    return count;
}

static void expect_calibrated(const predictions *before, const predictions *after, double temperature,
                              double threshold) {
    cr_assert_eq(after->count, before->count);
    for (size_t i = 0; i < after->count; ++i) {
        const char *class = after->p[i] > threshold ? "all" : "hem";
        cr_expect(fabs(after->p[i] - calibrated(before->p[i], temperature)) < 2e-8, "%.9g became %.9g",
                  before->p[i], after->p[i]);
        cr_expect_str_eq(after->classes[i], class);
    }
    cr_expect_gt(differing_classes(before, after), 0, "a threshold of %g says nothing here", threshold);
}

/* "threshold": X in the JSON that eval printed. */
static double evaluated_threshold(const char *json) {
    double value = (double)NAN;
    const char *at = strstr(json, "\"threshold\": ");
    cr_assert_not_null(at, "%s", json);
    cr_assert_eq(sscanf(at, "\"threshold\": %lf", &value), 1);
    return value;
}

Test(calibrate, predict_and_eval_use_it_and_without_it_all_is_as_before) {
    const char *folder = program_folder();
    char model[512], models[1100];
    train(folder);
    copy_model(folder, "before.safetensors");
    snprintf(model, sizeof model, "--model %s/run", folder);
    const predictions before = predict(folder, model, "before.csv");
    write_source(folder, &before);

    program_run(&result, "calibrate %s/run --from %s/source.csv --temperature --sensitivity 0.5", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "log loss"), "%s", result.out);
    const double temperature = entry_of(folder, "temperature"), threshold = entry_of(folder, "threshold");
    cr_assert(temperature > 0 && temperature != 1 && threshold > 0 && threshold != 0.5);
    const predictions after = predict(folder, model, "after.csv");
    cr_expect_not_null(strstr(result.err, "threshold"), "%s", result.err);
    expect_calibrated(&before, &after, temperature, threshold);

    program_run(&result, "eval %s --json", model);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_float_eq(evaluated_threshold(result.out), threshold, 1e-8);
    program_run(&result, "eval %s --json --threshold 0.25", model);
    cr_expect_eq(evaluated_threshold(result.out), 0.25);

    /* with the model as it was: the mean of both, and neither's threshold */
    snprintf(models, sizeof models, "--model %s/run --model %s/run/plain.safetensors", folder, folder);
    snprintf(model, sizeof model, "cp %s/before.safetensors %s/run/plain.safetensors", folder, folder);
    cr_assert_eq(system(model), 0);
    const predictions mean = predict(folder, models, "mean.csv");
    cr_expect_not_null(strstr(result.err, "different thresholds"), "%s", result.err);
    for (size_t i = 0; i < mean.count; ++i) {
        cr_expect_float_eq(mean.p[i], (before.p[i] + after.p[i]) / 2, 1e-8);
        cr_expect_str_eq(mean.classes[i], mean.p[i] > 0.5 ? "all" : "hem");
    }

    program_run(&result, "calibrate %s/run --remove", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_expect_same(folder, "run/model.safetensors", "before.safetensors");
    snprintf(model, sizeof model, "--model %s/run", folder);
    (void)predict(folder, model, "again.csv");
    program_expect_same(folder, "again.csv", "before.csv");
    program_remove(folder);
}

/* In one line. */
static void expect_refused(const char *says) {
    cr_expect(result.exit_status == 1 && program_lines(result.err) == 1, "%s", result.err);
    cr_expect_not_null(strstr(result.err, says), "'%s' does not say '%s'", result.err, says);
}

Test(calibrate, what_makes_no_sense_is_named) {
    const char *folder = program_folder();
    train(folder);
    copy_model(folder, "before.safetensors");
    program_run(&result, "calibrate %s/run --from %s/run/predictions-test.csv --temperature", folder, folder);
    expect_refused("tests on");
    program_run(&result, "calibrate %s/run --from %s/none.csv --temperature", folder, folder);
    expect_refused("none.csv: No such file");
    program_run(&result,
                "calibrate %s/run/checkpoint-last.safetensors --from %s/run/predictions-validation.csv "
                "--sensitivity 0.9",
                folder, folder);
    expect_refused("is a checkpoint");
    program_run(&result, "calibrate %s/run --remove", folder);
    expect_refused("neither temperature nor threshold");
    program_run(&result, "calibrate %s/run --from %s/run/predictions-validation.csv", folder, folder);
    cr_expect_eq(result.exit_status, 2);
    program_run(&result, "calibrate %s/run --temperature", folder);
    cr_expect_eq(result.exit_status, 2);
    program_run(&result, "calibrate %s/run --from x.csv --sensitivity nan", folder);
    cr_expect_eq(result.exit_status, 2);
    program_expect_same(folder, "run/model.safetensors", "before.safetensors");
    program_remove(folder);
}
