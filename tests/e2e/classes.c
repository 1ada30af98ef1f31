/* Four classes from end to end on drawn cells: what train, cv, tune, eval, calibrate, predict, export and import
 * make of them, and that two runs of the same make the same. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static program_result result; /* large */

enum { CLASSES = 4, MOST_ROWS = 256 };
static const char *const names[CLASSES] = {"Benign", "Early", "Pre", "Pro"};

#define NET " --model cnn-gap --image-size 32 --crop none --batch 16 --seed 3"

static void draw_samples(const char *folder) {
    RUN("synth %s/data --classes 4 --images 96 --subjects 24 --size 64 --format png --seed 3", folder);
}

static json_t *json_of(const char *text) {
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    cr_assert_not_null(json, "%s in %s", error.text, text);
    return json;
}

static json_t *json_in(const char *folder, const char *name) {
    char *text = program_read_in(folder, name);
    json_t *json = json_of(text);
    free(text);
    return json;
}

static void expect_names(const json_t *list) {
    cr_assert_eq(json_array_size(list), CLASSES);
    for (size_t k = 0; k < CLASSES; ++k)
        cr_expect_str_eq(json_string_value(json_array_get(list, k)), names[k]);
}

/* Rows of predictions: the probabilities of all classes, and what stands in the columns class and label. */
typedef struct row {
    double p[CLASSES];
    int called, label; /* -1: there is none */
} row;

static int class_of(const char *name) {
    for (int k = 0; k < CLASSES; ++k)
        if (strcmp(name, names[k]) == 0)
            return k;
    return -1;
}

/* Reads them from CSV with or without labels; each row's class is that of the highest probability, and the sum
 * is 1. */
static size_t read_rows(char *text, bool labelled, row rows[MOST_ROWS]) {
    const char *header = labelled ? "path,subject,class,p_Benign,p_Early,p_Pre,p_Pro,label,area\n"
                                  : "path,class,p_Benign,p_Early,p_Pre,p_Pro,novelty\n";
    cr_assert_eq(strncmp(text, header, strlen(header)), 0, "%.80s", text);
    char *rest = NULL;
    size_t count = 0;
    for (char *line = strtok_r(text + strlen(header), "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        char *field[9] = {line}, *end = NULL;
        for (int f = 1; f < (labelled ? 9 : 6); ++f) {
            end = strchr(field[f - 1], ',');
            cr_assert_not_null(end, "%s", line);
            *end = '\0';
            field[f] = end + 1;
        }
        row *r = &rows[count++];
        const int first = labelled ? 3 : 2;
        int best = 0;
        double sum = 0;
        for (int k = 0; k < CLASSES; ++k) {
            r->p[k] = strtod(field[first + k], NULL);
            sum += r->p[k];
            best = r->p[k] > r->p[best] ? k : best;
        }
        r->called = class_of(field[first - 1]);
        r->label = labelled ? class_of(field[7]) : -1;
        cr_expect_eq(r->called, best, "%s is called %s", line, field[first - 1]);
        cr_expect_float_eq(sum, 1, 1e-8, "%s: the sum is %.10g", line, sum);
        cr_assert_lt(count, MOST_ROWS);
    }
    return count;
}

static size_t rows_in(const char *folder, const char *name, row rows[MOST_ROWS]) {
    char *text = program_read_in(folder, name);
    const size_t count = read_rows(text, true, rows);
    free(text);
    return count;
}

static double loss_of(const row *rows, size_t count) {
    double loss = 0;
    for (size_t i = 0; i < count; ++i)
        loss -= log(fmax(rows[i].p[rows[i].label], 1e-7)) / (double)count;
    return loss;
}

/* accuracy, balanced accuracy, loss and counts of a report, computed again from its rows. */
static void expect_report(const json_t *report, const row *rows, size_t count) {
    size_t right = 0, of[CLASSES] = {0}, found[CLASSES] = {0};
    double recall = 0;
    for (size_t i = 0; i < count; ++i) {
        right += rows[i].called == rows[i].label;
        ++of[rows[i].label];
        found[rows[i].label] += rows[i].called == rows[i].label;
    }
    for (int k = 0; k < CLASSES; ++k) {
        cr_assert_gt(of[k], 0);
        recall += (double)found[k] / (double)of[k] / CLASSES;
    }
    cr_expect_eq((size_t)json_integer_value(json_object_get(report, "images")), count);
    cr_expect_float_eq(json_number_value(json_object_get(report, "accuracy")), (double)right / (double)count,
                       1e-8);
    cr_expect_float_eq(json_number_value(json_object_get(report, "balanced_accuracy")), recall, 1e-8);
    cr_expect_float_eq(json_number_value(json_object_get(report, "loss")), loss_of(rows, count), 1e-8);
}

Test(classes, train_writes_what_others_read) {
    const char *folder = program_folder();
    row rows[MOST_ROWS];
    draw_samples(folder);
    RUN("data %s/data", folder);
    cr_expect_not_null(strstr(result.out, "4 classes: Benign, Early, Pre, Pro"), "%s", result.out);
    RUN("train --data %s/data --out %s/a --epochs 2" NET, folder, folder);
    cr_expect_not_null(strstr(result.out, "classes: Benign, Early, Pre, Pro"), "%s", result.out);
    cr_expect_null(strstr(result.err, "positive"), "%s", result.err);
    RUN("train --data %s/data --out %s/b --epochs 2" NET, folder, folder);
    static const char *const same[] = {"model.safetensors", "metrics.csv", "predictions-test.csv",
                                       "results.json"};
    for (size_t i = 0; i < sizeof same / sizeof *same; ++i) {
        char a[64], b[64];
        snprintf(a, sizeof a, "a/%s", same[i]);
        snprintf(b, sizeof b, "b/%s", same[i]);
        program_expect_same(folder, a, b);
    }
    char *metrics = program_read_in(folder, "a/metrics.csv");
    cr_expect_eq(program_lines(metrics), 3);
    cr_expect_null(strstr(metrics, "nan"), "%s", metrics);
    cr_expect_null(strstr(metrics, "specificity"), "%s", metrics);
    free(metrics);
    json_t *config = json_in(folder, "a/config.json"), *results = json_in(folder, "a/results.json");
    expect_names(json_object_get(config, "classes"));
    cr_expect_null(json_object_get(config, "positive_class"));
    expect_report(json_object_get(results, "test"), rows, rows_in(folder, "a/predictions-test.csv", rows));
    expect_report(json_object_get(results, "validation"), rows,
                  rows_in(folder, "a/predictions-validation.csv", rows));
    json_decref(config);
    json_decref(results);
    program_remove(folder);
}

/* What shows and cuts pictures takes the classes as they are; none is the positive one. */
Test(classes, none_is_positive) {
    const char *folder = program_folder();
    draw_samples(folder);
    RUN("data %s/data", folder);
    cr_expect_null(strstr(result.out, "positive"), "%s", result.out);
    cr_expect_null(strstr(result.out, "AUC"), "%s", result.out);
    RUN("data %s/data --json --sheet %s/sheet.png", folder, folder);
    json_t *facts = json_of(result.out);
    cr_expect(json_is_null(json_object_get(facts, "positive")));
    cr_expect(json_is_null(json_object_get(json_object_get(facts, "size_auc"), "training")));
    json_decref(facts);
    RUN("augment %s/data --preview %s/views.png", folder, folder);
    RUN("crop %s/data %s/cropped --mode center:48", folder, folder);
    RUN("data %s/cropped", folder);
    cr_expect_not_null(strstr(result.out, "4 classes: Benign, Early, Pre, Pro"), "%s", result.out);
    static const char *const verbs[] = {"train --data", "cv --data", "tune --grid epochs=1 --data", "data"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; ++i) {
        program_run(&result, "%s %s/data --positive Pro", verbs[i], folder);
        cr_expect_neq(result.exit_status, 0, "%s", verbs[i]);
        cr_expect_not_null(strstr(result.err, "data has 4 classes, which are told apart one by one"),
                           "%s: %s", verbs[i], result.err);
        cr_expect_not_null(strstr(result.err, "eval --positive and calibrate --positive join classes"), "%s",
                           result.err);
    }
    program_remove(folder);
}

/* A run that was stopped goes on to the same bits; with other classes it does not. */
Test(classes, a_run_goes_on) {
    const char *folder = program_folder();
    draw_samples(folder);
    RUN("train --data %s/data --out %s/a --epochs 3 --balance oversample --checkpoint-seconds 0" NET, folder,
        folder);
    program_run_killed(
        &result, SIGKILL, (program_moment){"Epoch 1/3", 0},
        "train --data %s/data --out %s/b --epochs 3 --balance oversample --checkpoint-seconds 0" NET, folder,
        folder);
    RUN("train --resume %s/b", folder);
    program_expect_same(folder, "a/model.safetensors", "b/model.safetensors");
    program_expect_same(folder, "a/metrics.csv", "b/metrics.csv");
    RUN("synth %s/five --classes 5 --images 60 --subjects 20 --size 64 --format png", folder);
    program_run(&result, "train --resume %s/b --data %s/five", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "was begun with other classes"), "%s", result.err);
    program_remove(folder);
}

Test(classes, predict_eval_and_calibrate) {
    const char *folder = program_folder();
    row rows[MOST_ROWS], before[MOST_ROWS], after[MOST_ROWS];
    draw_samples(folder);
    RUN("train --data %s/data --out %s/a --epochs 2 --balance weight" NET, folder, folder);
    RUN("predict --model %s/a %s/data --format csv", folder, folder);
    const size_t all = read_rows(result.out, false, before);
    cr_assert_eq(all, 96);

    json_t *results = json_in(folder, "a/results.json"), *test = json_object_get(results, "test");
    RUN("eval --model %s/a --json --out %s/again.csv", folder, folder);
    json_t *again = json_of(result.out);
    const size_t tested = rows_in(folder, "a/predictions-test.csv", rows);
    cr_assert_eq(rows_in(folder, "again.csv", after), tested);
    for (size_t i = 0; i < tested; ++i) { /* batch norms are folded here, and were not there */
        cr_expect_eq(after[i].label, rows[i].label);
        for (int k = 0; k < CLASSES; ++k)
            cr_expect_float_eq(after[i].p[k], rows[i].p[k], 1e-6, "%.9g and %.9g", after[i].p[k],
                               rows[i].p[k]);
    }
    expect_report(again, after, tested);
    json_decref(again);
    RUN("eval --from %s/a/predictions-test.csv --json", folder);
    again = json_of(result.out);
    cr_expect(json_equal(test, again), "%s", result.out);
    json_decref(again);
    json_decref(results);
    RUN("eval --model %s/a", folder);
    cr_expect_not_null(strstr(result.out, "called Early"), "%s", result.out);

    const size_t validated = rows_in(folder, "a/predictions-validation.csv", rows);
    char *model = program_read_in(folder, "a/model.safetensors");
    RUN("calibrate %s/a --from %s/a/predictions-validation.csv --temperature", folder, folder);
    cr_expect_not_null(strstr(result.out, "temperature  "), "%s", result.out);
    RUN("predict --model %s/a %s/data --format csv", folder, folder);
    cr_assert_eq(read_rows(result.out, false, after), all);
    for (size_t i = 0; i < all; ++i)
        cr_expect_eq(before[i].called, after[i].called, "image %zu", i);
    RUN("eval --model %s/a --part validation --out %s/calibrated.csv", folder, folder);
    cr_assert_eq(rows_in(folder, "calibrated.csv", after), validated);
    cr_expect_lt(loss_of(after, validated), loss_of(rows, validated));
    RUN("calibrate %s/a --remove", folder);
    char *removed = program_read_in(folder, "a/model.safetensors");
    cr_expect_eq(memcmp(model, removed, 1024), 0, "the header is not what training wrote");
    free(model);
    free(removed);
    program_run(&result, "calibrate %s/a --from %s/a/predictions-validation.csv --sensitivity 0.9", folder,
                folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "a threshold is of two classes"), "%s", result.err);

    RUN("synth %s/two --images 40 --subjects 10 --size 64 --format png", folder);
    RUN("train --data %s/two --out %s/c --epochs 1" NET, folder, folder);
    program_run(&result, "predict --model %s/a --model %s/c %s/data", folder, folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "its classes are hem and all, those of "), "%s", result.err);
    program_run(&result, "eval --model %s/a --data %s/two", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "class all is none of the model's: Benign, Early, Pre, Pro"), "%s",
                       result.err);
    program_run(&result, "predict --model %s/c %s/data", folder, folder);
    cr_expect_eq(result.exit_status, 0, "a folder to predict has no classes: %s", result.err);
    RUN("eval --model %s/a --positive Early,Pre,Pro --json --out %s/joined.csv", folder, folder);
    char *joined = program_read_in(folder, "joined.csv");
    cr_expect_eq(strncmp(joined, "path,subject,p_Early+Pre+Pro,class,label,area\n", 46), 0, "%.80s", joined);
    free(joined);
    program_remove(folder);
}

static json_t *json_of_run(const char *folder, const char *options) {
    RUN("eval --model %s/a --json %s", folder, options);
    return json_of(result.out);
}

static void expect_same_report(const char *folder, json_t *expected, const char *options) {
    json_t *report = json_of_run(folder, options);
    cr_expect(json_equal(expected, report), "%s: %s", options, result.out);
    json_decref(report);
}

static double threshold_of(const char *folder, const char *options) {
    json_t *report = json_of_run(folder, options);
    const double threshold = json_real_value(json_object_get(report, "threshold"));
    json_decref(report);
    return threshold;
}

/* The threshold of joined classes is kept in the model, and predict and eval then do what eval --positive and
 * --threshold do. */
Test(classes, joined_classes_are_kept_in_the_model) {
    const char *folder = program_folder();
    char kept[128];
    draw_samples(folder);
    RUN("train --data %s/data --out %s/a --epochs 2" NET, folder, folder);
    char *model = program_read_in(folder, "a/model.safetensors");
    RUN("export %s/a %s/a --format leukvk --out %s/a/plain.safetensors", folder, folder, folder);
    program_run(&result, "calibrate %s/a --from %s/a/predictions-validation.csv --positive Early,Pre,Pro",
                folder, folder);
    cr_expect_eq(result.exit_status, 2);
    cr_expect_not_null(strstr(result.err, "--sensitivity X is missing"), "%s", result.err);
    RUN("calibrate %s/a --from %s/a/predictions-validation.csv --positive Early,Pre,Pro --sensitivity 0.9 --json",
        folder, folder);
    json_t *chosen = json_of(result.out);
    const double threshold = json_real_value(json_object_get(chosen, "threshold"));
    cr_expect_str_eq(json_string_value(json_object_get(chosen, "positive_class")), "Early+Pre+Pro");
    cr_expect_neq(threshold, 0.5);
    json_decref(chosen);

    json_t *report = json_of_run(folder, "");
    cr_expect_float_eq(json_real_value(json_object_get(report, "threshold")), threshold, 1e-12);
    expect_same_report(folder, report, "--positive Pro,Early,Pre");
    cr_expect_float_eq(threshold_of(folder, "--positive Benign"), 1 - threshold, 1e-12);
    cr_expect_float_eq(threshold_of(folder, "--positive Early"), 0.5, 1e-12);
    RUN("predict --model %s/a --part test --format csv", folder);
    cr_expect_eq(strncmp(result.out, "path,p_Early+Pre+Pro,class,novelty\n", 35), 0, "%.80s", result.out);
    int rows = 0;
    for (const char *line = strchr(result.out, '\n') + 1; *line; line = strchr(line, '\n') + 1, ++rows) {
        const char *p = strchr(line, ',') + 1;
        const bool positive = strtod(p, NULL) > threshold;
        cr_expect_eq(strncmp(strchr(p, ',') + 1, positive ? "Early+Pre+Pro," : "Benign,", positive ? 14 : 7),
                     0, "%.100s", line);
    }
    cr_expect_gt(rows, 4);
    cr_expect_not_null(strstr(result.err, "of Early+Pre+Pro"), "%s", result.err);
    RUN("predict --model %s/a --model %s/a --part test --format csv", folder, folder);
    cr_expect_eq(strncmp(result.out, "path,p_Early+Pre+Pro,class,novelty\n", 35), 0, "%.80s", result.out);
    RUN("predict --model %s/a --model %s/a/plain.safetensors --model %s/a --part test --format csv", folder,
        folder, folder);
    cr_expect_eq(program_count(result.err, "the models join different classes"), 1, "%s", result.err);
    cr_expect_eq(strncmp(result.out, "path,class,p_Benign,", 20), 0, "%.80s", result.out);
    RUN("export %s/a --format onnx --out %s/a.onnx", folder, folder);
    cr_expect_not_null(strstr(result.out, "positive_classes"), "%s", result.out);

    RUN("calibrate %s/a --remove", folder);
    char *removed = program_read_in(folder, "a/model.safetensors");
    cr_expect_eq(memcmp(model, removed, 1024), 0, "the header is not what training wrote");
    snprintf(kept, sizeof kept, "--positive Early,Pre,Pro --threshold %.17g", threshold);
    expect_same_report(folder, report, kept);
    free(model);
    free(removed);
    json_decref(report);
    program_remove(folder);
}

Test(classes, cv_and_tune) {
    const char *folder = program_folder();
    row rows[MOST_ROWS];
    draw_samples(folder);
    RUN("cv --data %s/data --out %s/cv --folds 2 --epochs 1" NET, folder, folder);
    const size_t count = rows_in(folder, "cv/predictions.csv", rows);
    cr_expect_eq(count, 96, "every image once");
    json_t *results = json_in(folder, "cv/results.json");
    expect_report(json_object_get(results, "all"), rows, count);
    cr_expect_eq(json_array_size(json_object_get(results, "folds")), 2);
    cr_expect(json_is_number(json_object_get(json_object_get(results, "mean"), "auc")));
    cr_expect_null(json_object_get(json_object_get(results, "mean"), "specificity"));
    json_decref(results);
    RUN("tune --data %s/data --out %s/tune --grid epochs=1 --grid learning-rate=0.001,0.01" NET, folder,
        folder);
    char *trials = program_read_in(folder, "tune/trials.csv");
    cr_expect_eq(program_lines(trials), 3);
    cr_expect_null(strstr(trials, ",,"), "a figure is missing: %s", trials);
    free(trials);
    program_remove(folder);
}
