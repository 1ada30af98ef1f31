/* The public function that calibrates a model: it selects predictions, and chooses temperature and threshold
 * by them. */
#include "leukvk/calibrate.h"

#include "artifact/model_file.h"
#include "artifact/run_folder.h"
#include "artifact/run_split.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/text.h"
#include "leukvk/split.h"
#include "metrics/labelled_rows.h"
#include "metrics/temperature.h"
#include "predict/evaluation.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* ---- the model's own split ---- */

/* In these functions, `own` maps the images of the split.json beside the model from their paths to the number
 * of their part. NULL: there is no split.json. */

static lvk_status take_parts(const json_t *split, json_t *by_path) {
    const json_t *parts = json_object_get(split, "parts");
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part) {
        const json_t *paths = json_object_get(parts, lvk_split_part_name((lvk_split_part)part));
        size_t i;
        json_t *path;
        json_array_foreach(paths, i, path) {
            if (json_object_set_new(by_path, json_string_value(path), json_integer(part)) != 0)
                return lvk_fail(LVK_ERROR_MEMORY, "out of memory for a split");
        }
    }
    return LVK_OK;
}

/* The folder of a model's file; NULL: memory is out. */
static char *folder_of(const char *file) {
    const size_t length = (size_t)(lvk_path_name(file) - file);
    return length ? lvk_format("%.*s", (int)(length > 1 ? length - 1 : 1), file) : lvk_strdup(".");
}

/* Sets *own, which the caller releases with json_decref, also after a failure. */
static lvk_status open_parts(const char *model, json_t **own) {
    json_t *split = NULL;
    char *folder = folder_of(model);
    lvk_status status = folder ? lvk_run_split_read(folder, &split) : LVK_ERROR_MEMORY;
    if (split) {
        *own = json_object();
        status = *own ? take_parts(split, *own) : LVK_ERROR_MEMORY;
    }
    json_decref(split);
    lvk_free(folder);
    return status;
}

/* The part of an image, whose path may begin with that of the data set; -1 if it is in no part. */
static int part_of(const json_t *own, const char *path) {
    for (const char *rest = path; rest; rest = strchr(rest, '/')) {
        rest += *rest == '/';
        const json_t *part = json_object_get(own, rest);
        if (part)
            return (int)json_integer_value(part);
    }
    return -1;
}

/* ---- predictions ---- */

static lvk_status check_classes(const lvk_model_info *info, const lvk_prediction_set *set) {
    uint32_t classes;
    const char *const *names = lvk_prediction_set_classes(set, &classes);
    if ((classes > 2 ? classes : 0) != info->class_count)
        return lvk_fail(LVK_ERROR_ARGUMENT, "it has %u classes, the model has %u", classes,
                        info->class_count ? info->class_count : 2);
    for (uint32_t k = 0; k < info->class_count; ++k)
        if (lvk_evaluation_class(info, names[k]) < 0)
            return lvk_fail(LVK_ERROR_ARGUMENT, "its class %.100s is none of the model's", names[k]);
    if (info->class_count)
        return LVK_OK;
    const char *positive = lvk_prediction_set_positive_class(set),
               *negative = lvk_prediction_set_negative_class(set);
    if (strcmp(positive, info->positive_class) != 0 || strcmp(negative, info->negative_class) != 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "its classes are %s and %s, those of the model are %s and %s",
                        negative, positive, info->negative_class, info->positive_class);
    return LVK_OK;
}

/* Selects the labelled rows by which is chosen: *count rows, in new memory. */
static lvk_status choose_rows(const json_t *own, const lvk_prediction *all, size_t all_count,
                              uint32_t classes, lvk_prediction **rows, size_t *count,
                              lvk_calibrate_result *result) {
    size_t learnt = 0, per_class[LVK_MOST_CLASSES] = {0}, present = 0;
    lvk_prediction *r = *rows = lvk_alloc(all_count, sizeof *r);
    *count = 0;
    if (!r)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < all_count; ++i) {
        if (all[i].label < 0)
            continue;
        const int part = part_of(own, all[i].path);
        if (part == LVK_SPLIT_TEST || part == LVK_SPLIT_PRELIMINARY) {
            ++result->left_out;
            continue;
        }
        learnt += part == LVK_SPLIT_TRAIN;
        ++per_class[all[i].label];
        r[(*count)++] = all[i];
    }
    if (*count == 0 && result->left_out)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "all predictions are of images that the model's run tests on, on which nothing may be chosen");
    if (*count && learnt == *count)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "all predictions are of images that the model was trained on, for which it is overconfident");
    for (size_t k = 0; k < LVK_MOST_CLASSES; ++k)
        present += per_class[k] > 0;
    if (present > 1)
        return LVK_OK;
    return classes > 2 ? lvk_fail(LVK_ERROR_ARGUMENT,
                                  "labelled predictions of %zu of its %u classes: two or more are needed",
                                  present, classes)
                       : lvk_fail(LVK_ERROR_ARGUMENT,
                                  "%zu and %zu labelled predictions of the two classes: both are needed",
                                  per_class[0], per_class[1]);
}

/* ---- choosing ---- */

/* Chooses temperature and threshold by `labelled`. Afterwards its probabilities are those with the
 * temperature. */
static lvk_status choose(lvk_labelled_rows *labelled, const lvk_calibrate_options *options,
                         lvk_calibrate_result *result) {
    result->subjects = labelled->scored.subject_count - labelled->unnamed;
    result->unnamed = labelled->unnamed;
    result->temperature = 1;
    result->threshold = LVK_THRESHOLD;
    LVK_TRY(lvk_metrics_compute(&labelled->scored, LVK_THRESHOLD, &result->before));
    if (options->temperature) {
        LVK_TRY(lvk_temperature_fit(&labelled->scored, &result->temperature));
        for (size_t i = 0; i < labelled->scored.count; ++i)
            labelled->p[i] = lvk_temperature_apply(labelled->p[i], result->temperature);
    }
    if (options->sensitivity != 0)
        LVK_TRY(lvk_threshold_for(&labelled->scored, options->sensitivity, &result->threshold));
    return lvk_metrics_compute(&labelled->scored, result->threshold, &result->after);
}

static lvk_status measure_classes(const lvk_class_rows *rows, lvk_class_metrics *scratch,
                                  lvk_metrics *metrics) {
    LVK_TRY(lvk_class_metrics_compute(rows, scratch));
    lvk_class_metrics_shared(scratch, &scratch->scores, metrics);
    return LVK_OK;
}

/* The same of three classes and more, of which none are joined. */
static lvk_status choose_for_classes(lvk_labelled_rows *labelled, const lvk_calibrate_options *options,
                                     lvk_class_metrics *scratch, lvk_calibrate_result *result) {
    const lvk_class_rows *rows = &labelled->by_class;
    if (options->sensitivity != 0)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--sensitivity: a threshold is of two classes, and the model has %u; --positive "
                        "CLASS,CLASS joins some of them into the positive one",
                        rows->classes);
    result->subjects = rows->subject_count - labelled->unnamed;
    result->unnamed = labelled->unnamed;
    result->threshold = LVK_THRESHOLD;
    LVK_TRY(measure_classes(rows, scratch, &result->before));
    LVK_TRY(lvk_temperature_fit_classes(rows, &result->temperature));
    for (size_t i = 0; i < rows->count; ++i)
        lvk_temperature_apply_classes(labelled->probabilities + i * rows->classes, rows->classes,
                                      result->temperature);
    return measure_classes(rows, scratch, &result->after);
}

/* ---- joined classes ---- */

static bool has_joined(const lvk_calibrate_options *options) {
    return options->positive && *options->positive;
}

/* Fails unless both the joined class and the other one have rows. */
static lvk_status check_both(const lvk_class_rows *rows, const bool *positive) {
    size_t count[2] = {0, 0};
    for (size_t i = 0; i < rows->count; ++i)
        ++count[positive[rows->labels[i]]];
    return count[0] && count[1]
               ? LVK_OK
               : lvk_fail(
                     LVK_ERROR_ARGUMENT,
                     "%zu labelled predictions of the classes that are joined and %zu of the others: both "
                     "are needed",
                     count[1], count[0]);
}

/* The scores of the classes as two, with the threshold for `sensitivity`; 0: with result->threshold. */
static lvk_status score_joined(const lvk_labelled_rows *labelled, const bool *positive, double sensitivity,
                               lvk_calibrate_result *result, lvk_metrics *metrics) {
    const lvk_class_rows *all = &labelled->by_class;
    lvk_labelled_rows two;
    lvk_prediction *rows = lvk_alloc(all->count, sizeof *rows);
    if (!rows)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < all->count; ++i) {
        rows[i] = *labelled->rows[i];
        rows[i].probabilities = labelled->probabilities + i * all->classes;
    }
    lvk_predictions_join(rows, all->count, all->classes, positive, rows);
    lvk_status status = lvk_labelled_rows_init(&two, rows, all->count, 2);
    if (status == LVK_OK) {
        if (sensitivity != 0)
            status = lvk_threshold_for(&two.scored, sensitivity, &result->threshold);
        if (status == LVK_OK)
            status = lvk_metrics_compute(&two.scored, result->threshold, metrics);
        lvk_labelled_rows_finish(&two);
    }
    lvk_free(rows);
    return status;
}

/* The temperature is that of all classes, the threshold and the scores are those of two. */
static lvk_status choose_for_joined(lvk_labelled_rows *labelled, const char *const *names,
                                    const lvk_calibrate_options *options, lvk_calibrate_result *result) {
    const lvk_class_rows *rows = &labelled->by_class;
    bool positive[LVK_MOST_CLASSES];
    if (lvk_classes_choose(options->positive, names, rows->classes, positive) != LVK_OK)
        return lvk_fail_within(LVK_ERROR_ARGUMENT, "--positive");
    lvk_classes_join_names(names, rows->classes, positive, true, result->positive_class,
                           sizeof result->positive_class);
    LVK_TRY(check_both(rows, positive));
    result->subjects = rows->subject_count - labelled->unnamed;
    result->unnamed = labelled->unnamed;
    result->temperature = 1;
    result->threshold = LVK_THRESHOLD;
    LVK_TRY(score_joined(labelled, positive, 0, result, &result->before));
    if (options->temperature)
        LVK_TRY(lvk_temperature_fit_classes(rows, &result->temperature));
    for (size_t i = 0; i < rows->count && options->temperature; ++i)
        lvk_temperature_apply_classes(labelled->probabilities + i * rows->classes, rows->classes,
                                      result->temperature);
    return score_joined(labelled, positive, options->sensitivity, result, &result->after);
}

static lvk_status choose_of(lvk_labelled_rows *labelled, const lvk_model_info *info,
                            const lvk_prediction_set *set, const lvk_calibrate_options *options,
                            lvk_calibrate_result *result) {
    uint32_t classes;
    if (info->class_count == 0)
        return !has_joined(options) || strcmp(options->positive, info->positive_class) == 0
                   ? choose(labelled, options, result)
                   : lvk_fail(
                         LVK_ERROR_ARGUMENT,
                         "--positive %.100s: the model has two classes and gives the probability of %.100s, "
                         "for which its threshold is",
                         options->positive, info->positive_class);
    if (has_joined(options))
        return choose_for_joined(labelled, lvk_prediction_set_classes(set, &classes), options, result);
    lvk_class_metrics *scratch = lvk_alloc(1, sizeof *scratch);
    const lvk_status status =
        scratch ? choose_for_classes(labelled, options, scratch, result) : LVK_ERROR_MEMORY;
    lvk_free(scratch);
    return status;
}

static lvk_status choose_by(const json_t *own, const lvk_model_info *info, const lvk_prediction_set *set,
                            const lvk_calibrate_options *options, lvk_calibrate_result *result) {
    size_t all_count, count;
    snprintf(result->positive_class, sizeof result->positive_class, "%s", info->positive_class);
    const lvk_prediction *all = lvk_prediction_set_rows(set, &all_count);
    uint32_t classes;
    (void)lvk_prediction_set_classes(set, &classes);
    lvk_prediction *rows = NULL;
    lvk_labelled_rows labelled;
    lvk_status status = choose_rows(own, all, all_count, classes, &rows, &count, result);
    if (status == LVK_OK)
        status = check_classes(info, set); /* now that the set has rows */
    if (status == LVK_OK)
        status = lvk_labelled_rows_init(&labelled, rows, count, info->class_count ? info->class_count : 2);
    if (status == LVK_OK) {
        status = choose_of(&labelled, info, set, options, result);
        lvk_labelled_rows_finish(&labelled);
    }
    lvk_free(rows);
    return status;
}

/* file NULL: no split tells which images are tested on. */
static lvk_status choose_from(const char *file, const lvk_model_info *info, const char *const *from,
                              size_t count, const lvk_calibrate_options *options,
                              lvk_calibrate_result *result) {
    json_t *own = NULL;
    lvk_prediction_set *set = NULL;
    lvk_status status = file ? open_parts(file, &own) : LVK_OK;
    result->split_known = own != NULL;
    if (status == LVK_OK)
        status = lvk_prediction_set_read(from, count, &set);
    if (status == LVK_OK) {
        status = choose_by(own, info, set, options, result);
        if (status != LVK_OK && status != LVK_ERROR_MEMORY)
            status = lvk_fail_within(status, "%s%s", from[0], count > 1 ? " and others" : "");
    }
    lvk_prediction_set_destroy(&set);
    json_decref(own);
    return status;
}

/* ---- the model ---- */

static bool is_calibrated(const lvk_checkpoint *model) {
    const lvk_model_calibration *c = &lvk_checkpoint_info(model)->calibration;
    return c->has_temperature || c->has_threshold || c->has_positive;
}

/* The calibration that the training of `file` gave it: a refit has a temperature by the predictions of the models before it, which
 * its run folder tells. */
static lvk_status trained_calibration(const char *file, lvk_model_calibration *trained) {
    char *run = folder_of(file);
    char *config = run ? lvk_path_join(run, lvk_run_file_name(LVK_RUN_CONFIG)) : NULL;
    json_t *json = NULL;
    lvk_status status = config ? LVK_OK : LVK_ERROR_MEMORY;
    *trained = (lvk_model_calibration){.temperature = 1};
    if (status == LVK_OK)
        status = lvk_run_folder_need(run, LVK_RUN_CONFIG);
    if (status == LVK_OK && lvk_path_is_file(config))
        status = lvk_run_config_read(run, &json);
    double temperature = 0;
    if (status == LVK_OK)
        status = lvk_run_config_number(config, json, "refit_temperature", &temperature);
    trained->has_temperature = temperature > 0;
    trained->temperature = temperature > 0 ? temperature : 1;
    json_decref(json);
    lvk_free(config);
    lvk_free(run);
    return status;
}

/* Whether the model's calibration is that of its training. */
static bool is_as_trained(const lvk_checkpoint *model, const lvk_model_calibration *trained) {
    const lvk_model_calibration *c = &lvk_checkpoint_info(model)->calibration;
    return !c->has_threshold && !c->has_positive && c->has_temperature == trained->has_temperature &&
           c->temperature >= trained->temperature && c->temperature <= trained->temperature;
}

/* `own`: the predictions may be the model's own, which its calibration has changed. Those of a cross-validation are of its folds'
 * models. */
static lvk_status check_model(const char *file, const lvk_checkpoint *model, bool own) {
    lvk_model_calibration trained;
    if (lvk_checkpoint_state(model))
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: is a checkpoint to go on training from, not a model", file);
    LVK_TRY(trained_calibration(file, &trained));
    return is_calibrated(model) && (own || !is_as_trained(model, &trained))
               ? lvk_fail(
                     LVK_ERROR_ARGUMENT,
                     "%s: is already calibrated, and so may be the predictions; --remove removes the calibration",
                     file)
               : LVK_OK;
}

/* The calibration that is kept in the model. */
static lvk_status fill_chosen(const lvk_model_info *info, const lvk_calibrate_options *options,
                              const lvk_calibrate_result *result, lvk_model_calibration *chosen) {
    const char *names[LVK_MOST_CLASSES];
    *chosen = (lvk_model_calibration){.has_temperature = options->temperature,
                                      .has_threshold = options->sensitivity != 0,
                                      .has_positive = info->class_count > 2 && has_joined(options),
                                      .temperature = result->temperature,
                                      .threshold = result->threshold};
    for (uint32_t c = 0; c < info->class_count; ++c)
        names[c] = info->classes[c];
    return chosen->has_positive
               ? lvk_classes_choose(options->positive, names, info->class_count, chosen->positive)
               : LVK_OK;
}

/* Sets *is to whether the file is that of a model which the folder's own split has held images out from. The refit of a
 * cross-validation was trained on all images; the predictions of the folds are of other models. */
static lvk_status find_own(const char *model, const char *file, bool *is) {
    *is = !lvk_path_is_folder(model);
    if (*is)
        return LVK_OK;
    char *own = lvk_path_join(model, lvk_run_file_name(LVK_RUN_MODEL));
    *is = own && strcmp(own, file) == 0;
    lvk_free(own);
    return own ? LVK_OK : LVK_ERROR_MEMORY;
}

/* Gives the model of a run's refit, where there is one, the calibration of the run's own, which is in `file`: it was
 * trained in the same way, and nobody is left who could choose for it. It comes first: the run's own model tells
 * whether a calibration is whole, so that one which was cut off between the two can be repeated. NULL: that of its
 * training. */
static lvk_status calibrate_refit(const char *model, const char *file, const lvk_model_calibration *chosen,
                                  lvk_calibrate_result *result) {
    char *refit = NULL;
    lvk_checkpoint *opened = NULL;
    lvk_status status = lvk_model_file_read(model, LVK_MODEL_FINAL, &refit, &opened);
    if (status == LVK_OK && strcmp(refit, file) != 0) {
        lvk_model_calibration trained;
        snprintf(result->refit, sizeof result->refit, "%s", refit);
        status = chosen ? LVK_OK : trained_calibration(refit, &trained);
        lvk_folder_clear_beside(refit);
        if (status == LVK_OK)
            status = lvk_checkpoint_calibrate(opened, chosen ? chosen : &trained);
    }
    lvk_checkpoint_destroy(&opened);
    lvk_free(refit);
    return status;
}

lvk_status lvk_calibrate(const char *model, const char *const *from, size_t count,
                         const lvk_calibrate_options *given, lvk_calibrate_result *result) {
    lvk_calibrate_options taken;
    char *file = NULL;
    lvk_checkpoint *opened = NULL;
    *result = (lvk_calibrate_result){0};
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_calibrate_options, &taken, given));
    const lvk_calibrate_options *const options = &taken;
    bool own = false;
    lvk_status status = lvk_model_file_read(model, LVK_MODEL_EVALUATED, &file, &opened);
    if (status == LVK_OK)
        status = find_own(model, file, &own);
    if (status == LVK_OK)
        status = check_model(file, opened, own);
    if (status == LVK_OK)
        status = choose_from(own ? file : NULL, lvk_checkpoint_info(opened), from, count, options, result);
    lvk_model_calibration chosen;
    if (status == LVK_OK)
        status = fill_chosen(lvk_checkpoint_info(opened), options, result, &chosen);
    if (status == LVK_OK)
        status = calibrate_refit(model, file, &chosen, result);
    if (status == LVK_OK) {
        snprintf(result->file, sizeof result->file, "%s", file);
        lvk_folder_clear_beside(file);
        status = lvk_checkpoint_calibrate(opened, &chosen);
    }
    lvk_checkpoint_destroy(&opened);
    lvk_free(file);
    return status;
}

lvk_status lvk_calibrate_remove(const char *model, lvk_calibrate_result *result) {
    char *path = NULL;
    lvk_checkpoint *opened = NULL;
    *result = (lvk_calibrate_result){0};
    lvk_status status = lvk_model_file_read(model, LVK_MODEL_EVALUATED, &path, &opened);
    if (status == LVK_OK && !is_calibrated(opened))
        status = lvk_fail(LVK_ERROR_ARGUMENT, "%s: has neither temperature nor threshold", path);
    lvk_model_calibration left = {0};
    if (status == LVK_OK)
        status = trained_calibration(path, &left);
    if (status == LVK_OK && is_as_trained(opened, &left))
        left = (lvk_model_calibration){0};
    if (status == LVK_OK)
        status = calibrate_refit(model, path, NULL, result);
    if (status == LVK_OK) {
        snprintf(result->file, sizeof result->file, "%s", path);
        lvk_folder_clear_beside(path);
        status = lvk_checkpoint_calibrate(opened, &left);
    }
    lvk_checkpoint_destroy(&opened);
    lvk_free(path);
    return status;
}
