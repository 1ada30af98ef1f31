#include "leukvk/cv.h"

#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/quantile.h"
#include "metrics/evaluation_report.h"
#include "runtime/device.h"
#include "search/run_group.h"
#include "train/refit.h"
#include "train/settings.h"
#include "train/training_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RESULT_DIGITS = 15 };

typedef struct cross_validation {
    lvk_device *device;
    lvk_cv_options options;
    lvk_cv_result *result;
    lvk_dataset *dataset; /* read once for all folds */
    lvk_cv_callback callback;
    void *user;
    lvk_cv_event event;
    char *folder;
    int lock;
    json_t *config;
} cross_validation;

static const lvk_bootstrap_options bootstrap = {.seed = LVK_BOOTSTRAP_SEED};

/* ---- files ---- */

/* Returns "<folder>/<name>" in new memory. */
static char *path_of(const cross_validation *c, const char *name) {
    return lvk_path_join(c->folder, name);
}

static char *fold_path(const cross_validation *c, uint32_t fold, const char *format) {
    char name[64];
    snprintf(name, sizeof name, format, fold + 1);
    return path_of(c, name);
}

/* Makes the contents of cv.json: the settings that identify the cross-validation. */
static lvk_status describe(cross_validation *c) {
    lvk_settings settings;
    LVK_TRY(lvk_train_options_check(&c->options.train));
    LVK_TRY(lvk_settings_init(&settings, &c->options.train));
    c->config = lvk_settings_to_json(&settings);
    lvk_settings_finish(&settings);
    if (!c->config || json_object_set_new(c->config, "folds", json_integer(c->options.folds)) != 0)
        return LVK_ERROR_MEMORY;
    json_object_del(c->config, "test");
    if (c->options.join && json_object_set_new(c->config, "join", json_true()) != 0)
        return LVK_ERROR_MEMORY;
    return LVK_OK;
}

static lvk_status name_folder(cross_validation *c) {
    char *name = lvk_format("cv-%s", c->options.train.model);
    lvk_status status = name ? LVK_OK : LVK_ERROR_MEMORY;
    if (c->options.folder)
        c->folder = lvk_strdup(c->options.folder);
    else if (status == LVK_OK)
        status = lvk_run_folder_create_default(name, &c->folder);
    lvk_free(name);
    if (status == LVK_OK && !c->folder)
        return LVK_ERROR_MEMORY;
    c->event.folder = c->folder;
    snprintf(c->result->folder, sizeof c->result->folder, "%s", c->folder);
    return status;
}

static lvk_run_group group_of(const cross_validation *c) {
    return (lvk_run_group){.what = "cross-validation", .file = "cv.json", .config = c->config};
}

static lvk_status open_folder(cross_validation *c) {
    const lvk_run_group group = group_of(c);
    LVK_TRY(name_folder(c));
    return lvk_run_group_open(&group, c->folder, &c->lock);
}

/* ---- folds ---- */

static lvk_status write_splits(const cross_validation *c, lvk_split *const *splits) {
    lvk_status status = LVK_OK;
    for (uint32_t fold = 0; fold < c->result->folds && status == LVK_OK; ++fold) {
        char *path = fold_path(c, fold, "split-%u.json");
        status = path ? lvk_split_write(splits[fold], path) : LVK_ERROR_MEMORY;
        lvk_free(path);
    }
    return status;
}

/* Does all checks that are possible before the folder is created. */
static lvk_status prepare(cross_validation *c) {
    const lvk_train_options *o = &c->options.train;
    const lvk_fold_options folds = {.folds = c->options.folds,
                                    .seed = o->seed,
                                    .validation = lvk_settings_keeps_best(o) ? o->validation : 0,
                                    .by_image = c->result->by_image,
                                    .join = c->options.join};
    lvk_split *splits[LVK_MAX_FOLDS];
    LVK_TRY(lvk_split_create_folds(c->dataset, &folds, splits, &c->result->folds));
    c->event.folds = c->result->folds;
    lvk_status status = open_folder(c);
    if (status == LVK_OK)
        status = write_splits(c, splits);
    for (uint32_t fold = 0; fold < c->result->folds; ++fold)
        lvk_split_destroy(&splits[fold]);
    return status;
}

static bool forward(void *user, const lvk_train_event *event) {
    cross_validation *c = user;
    c->event.train = event;
    const bool go_on = !c->callback || c->callback(c->user, &c->event);
    c->event.train = NULL;
    return go_on;
}

static lvk_status train_fold(cross_validation *c, uint32_t fold, const char *run) {
    lvk_train_options options = c->options.train;
    char *first = path_of(c, "fold-1");
    const lvk_status compared = first ? lvk_run_group_compare(c->device, first, run, run) : LVK_ERROR_MEMORY;
    lvk_free(first);
    LVK_TRY(compared);
    char *split = fold_path(c, fold, "split-%u.json");
    options.run = run;
    options.split = split;
    options.dataset = c->dataset;
    const lvk_status status = split ? lvk_run_group_train(c->device, &options, forward, c) : LVK_ERROR_MEMORY;
    lvk_free(split);
    return status;
}

/* Evaluates the predictions of the fold's test part. */
static lvk_status evaluate(cross_validation *c, const char *const *paths, size_t count,
                           lvk_evaluation_report *report) {
    lvk_prediction_set *set;
    size_t rows;
    LVK_TRY(lvk_prediction_set_read(paths, count, &set));
    const lvk_prediction *all = lvk_prediction_set_rows(set, &rows);
    uint32_t classes;
    const char *const *names = lvk_prediction_set_classes(set, &classes);
    lvk_cv_result *r = c->result;
    lvk_status status;
    if (classes > 2) {
        status = lvk_predictions_evaluate_classes(all, rows, names, classes, &bootstrap, report);
    } else {
        snprintf(r->positive_class, sizeof r->positive_class, "%s", lvk_prediction_set_positive_class(set));
        snprintf(r->negative_class, sizeof r->negative_class, "%s", lvk_prediction_set_negative_class(set));
        status = lvk_predictions_evaluate(all, rows, LVK_THRESHOLD, &bootstrap, report);
    }
    if (status == LVK_OK && count > 1) {
        const lvk_prediction_options options = {.format = LVK_PREDICTIONS_CSV,
                                                .negative_class = r->negative_class,
                                                .positive_class = r->positive_class,
                                                .threshold = LVK_THRESHOLD,
                                                .labelled = true,
                                                .class_count = classes > 2 ? classes : 0,
                                                .class_names = names};
        char *path = path_of(c, "predictions.csv");
        status = path ? lvk_predictions_write(path, all, rows, &options) : LVK_ERROR_MEMORY;
        lvk_free(path);
    }
    lvk_prediction_set_destroy(&set);
    return status;
}

static lvk_status run_fold(cross_validation *c, uint32_t fold) {
    char *run = fold_path(c, fold, "fold-%u"), *done = fold_path(c, fold, "fold-%u/results.json");
    char *predictions = fold_path(c, fold, "fold-%u/predictions-test.csv");
    lvk_status status = run && done && predictions ? LVK_OK : LVK_ERROR_MEMORY;
    const lvk_run_group group = group_of(c);
    if (status == LVK_OK)
        status = lvk_run_group_check_run(&group, &c->options.train, run);
    c->event.fold = fold + 1;
    c->event.kept = status == LVK_OK && lvk_path_is_file(done);
    if (status == LVK_OK && !c->event.kept)
        status = train_fold(c, fold, run);
    if (status == LVK_ERROR_CANCELLED) /* the training's own advice would go on with this fold alone */
        status = lvk_fail(status, "%s: stopped in fold %u; the same command goes on", c->folder, fold + 1);
    const char *path = predictions;
    if (status == LVK_OK)
        status = evaluate(c, &path, 1, &c->result->fold[fold]);
    if (status == LVK_OK) {
        c->event.report = &c->result->fold[fold];
        if (c->callback && !c->callback(c->user, &c->event))
            status = lvk_fail(LVK_ERROR_CANCELLED, "%s: stopped after fold %u; the same command goes on",
                              c->folder, fold + 1);
        c->event.report = NULL;
    }
    lvk_free(run);
    lvk_free(done);
    lvk_free(predictions);
    return status;
}

/* ---- results ---- */

static void average(lvk_cv_result *r) {
    size_t count;
    const lvk_measure *measures = lvk_measures(&count);
    for (size_t i = 0; i < count; ++i) {
        double *mean = (double *)((char *)&r->mean + measures[i].offset), squares = 0;
        double *deviation = (double *)((char *)&r->deviation + measures[i].offset);
        uint32_t defined = 0;
        *mean = 0;
        for (uint32_t fold = 0; fold < r->folds; ++fold) { /* Welford */
            const double value = lvk_measure_of(&r->fold[fold].metrics, &measures[i]);
            if (isnan(value))
                continue;
            const double from_mean = value - *mean;
            *mean += from_mean / ++defined;
            squares += from_mean * (value - *mean);
        }
        if (defined == 0)
            *mean = (double)NAN;
        *deviation = defined > 1 ? sqrt(squares / (defined - 1)) : (double)NAN;
    }
}

/* `defined`: of three and more classes, without the scores that are of two. */
static json_t *measures_json(const lvk_metrics *metrics, const lvk_metrics *defined) {
    size_t count;
    const lvk_measure *measures = lvk_measures(&count);
    json_t *object = json_object();
    for (size_t i = 0; object && i < count; ++i) {
        const double value = lvk_measure_of(metrics, &measures[i]);
        if (defined && isnan(lvk_measure_of(defined, &measures[i])))
            continue;
        lvk_json_set(object, measures[i].key, isfinite(value) ? json_real(value) : json_null());
    }
    return object;
}

static lvk_status write_results(cross_validation *c) {
    const lvk_cv_result *r = c->result;
    json_t *folds = json_array();
    for (uint32_t fold = 0; folds && fold < r->folds; ++fold)
        lvk_json_append(folds, lvk_evaluation_report_json(&r->fold[fold]));
    const lvk_metrics *defined = r->all.class_count ? &r->mean : NULL;
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o, s:b}", "folds", folds, "mean", measures_json(&r->mean, defined),
                  "deviation", measures_json(&r->deviation, defined), "all",
                  lvk_evaluation_report_json(&r->all), "by_image", (int)r->by_image);
    char *path = path_of(c, "results.json");
    const lvk_status status = path ? lvk_json_write(path, json, RESULT_DIGITS) : LVK_ERROR_MEMORY;
    lvk_free(path);
    json_decref(json);
    return status;
}

static lvk_status evaluate_all(cross_validation *c) {
    char *paths[LVK_MAX_FOLDS] = {0};
    const char *const *readable = (const char *const *)paths;
    lvk_status status = LVK_OK;
    for (uint32_t fold = 0; fold < c->result->folds && status == LVK_OK; ++fold) {
        paths[fold] = fold_path(c, fold, "fold-%u/predictions-test.csv");
        status = paths[fold] ? LVK_OK : LVK_ERROR_MEMORY;
    }
    if (status == LVK_OK)
        status = evaluate(c, readable, c->result->folds, &c->result->all);
    for (uint32_t fold = 0; fold < c->result->folds; ++fold)
        lvk_free(paths[fold]);
    average(c->result);
    return status == LVK_OK ? write_results(c) : status;
}

/* ---- refit ---- */

/* The median of the numbers of epochs that the folds' models were trained for. */
static lvk_status median_epochs(const cross_validation *c, uint32_t *epochs) {
    double kept[LVK_MAX_FOLDS];
    for (uint32_t fold = 0; fold < c->result->folds; ++fold) {
        char *path = fold_path(c, fold, "fold-%u/results.json");
        json_t *json = NULL;
        lvk_status status = path ? lvk_json_read(path, LVK_JSON_USUAL, &json) : LVK_ERROR_MEMORY;
        const json_int_t best = json_integer_value(json_object_get(json, "best_epoch"));
        if (status == LVK_OK && (best < 1 || best > UINT32_MAX))
            status = lvk_fail(LVK_ERROR_FORMAT, "%s: \"best_epoch\" is out of range or not of the right kind",
                              path);
        json_decref(json);
        lvk_free(path);
        LVK_TRY(status);
        kept[fold] = (double)best;
    }
    lvk_sort_numbers(kept, c->result->folds);
    *epochs =
        (uint32_t)lvk_quantile(kept, c->result->folds, 0.5); /* whole epochs: the half of one is left out */
    return LVK_OK;
}

static lvk_status refit(cross_validation *c) {
    uint32_t epochs;
    char estimate[LVK_ESTIMATE_SIZE];
    lvk_train_options options = c->options.train;
    options.dataset = c->dataset;
    options.estimate = lvk_refit_estimate("cross-validation", &c->result->all, estimate);
    LVK_TRY(median_epochs(c, &epochs));
    c->event.fold = 0;
    char *runs[LVK_MAX_FOLDS] = {0};
    const lvk_refit_source source = {
        .parent = c->folder, .runs = (const char *const *)runs, .count = c->result->folds, .epochs = epochs};
    lvk_status status = LVK_OK;
    for (uint32_t fold = 0; fold < c->result->folds && status == LVK_OK; ++fold) {
        runs[fold] = fold_path(c, fold, "fold-%u");
        status = runs[fold] ? LVK_OK : LVK_ERROR_MEMORY;
    }
    if (status == LVK_OK)
        status = lvk_refit(c->device, &options, &source, forward, c, &c->result->refit_temperature);
    for (uint32_t fold = 0; fold < c->result->folds; ++fold)
        lvk_free(runs[fold]);
    c->result->refitted = status == LVK_OK;
    return status == LVK_ERROR_CANCELLED
               ? lvk_fail(status, "%s: stopped in the training on all images; the same command goes on",
                          c->folder)
               : status;
}

/* Reads the data set. A cross-validation that is continued keeps the positive class of its first fold. */
static lvk_status read_data(cross_validation *c) {
    lvk_train_options options = c->options.train;
    char *first = c->options.folder ? lvk_path_join(c->options.folder, "fold-1") : NULL;
    char *file = first ? lvk_path_join(first, lvk_run_file_name(LVK_RUN_CONFIG)) : NULL;
    json_t *config = NULL;
    lvk_status status = !c->options.folder || file ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK && file && !*options.positive && lvk_path_is_file(file))
        status = lvk_run_config_read(first, &config);
    const char *positive = json_string_value(json_object_get(config, "positive_class"));
    if (positive)
        options.positive = positive;
    if (status == LVK_OK)
        status = lvk_training_data_read(&options, &c->dataset);
    json_decref(config);
    lvk_free(file);
    lvk_free(first);
    return status;
}

static lvk_status run(cross_validation *c) {
    LVK_TRY(describe(c));
    c->result->by_image = strcmp(c->options.train.group, "none") == 0;
    if (c->options.folds == 0 && c->result->by_image)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "the data set's own folds keep subjects apart; without subjects, give a number of folds");
    const lvk_run_group group = group_of(c);
    LVK_TRY(c->options.folder ? lvk_run_group_check(&group, c->options.folder) : LVK_OK);
    LVK_TRY(read_data(c));
    LVK_TRY(c->options.refit ? lvk_refit_check(c->dataset) : LVK_OK);
    LVK_TRY(prepare(c));
    for (uint32_t fold = 0; fold < c->result->folds; ++fold)
        LVK_TRY(run_fold(c, fold));
    LVK_TRY(evaluate_all(c));
    return c->options.refit ? refit(c) : LVK_OK;
}

lvk_status lvk_cv_run(lvk_device *device, const lvk_cv_options *given, lvk_cv_callback callback, void *user,
                      lvk_cv_result *result) {
    lvk_cv_options taken;
    *result = (lvk_cv_result){0};
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_cv_options, &taken, given));
    const lvk_cv_options *const options = &taken;
    if (options->folds == 1 || options->folds > LVK_MAX_FOLDS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%u folds: must be from 2 to %d, or the data set's own",
                        options->folds, LVK_MAX_FOLDS);
    cross_validation c = {.device = device,
                          .options = *options,
                          .result = result,
                          .callback = callback,
                          .user = user,
                          .lock = -1};
    c.options.train.refit = false; /* of each fold */
    const lvk_status status = run(&c);
    if (c.lock >= 0)
        close(c.lock);
    lvk_dataset_destroy(&c.dataset);
    json_decref(c.config);
    lvk_free(c.folder);
    return status;
}
