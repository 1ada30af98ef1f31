#include "report/source.h"

#include "artifact/model_file.h"
#include "artifact/run_folder.h"
#include "artifact/run_split.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/log.h"
#include "core/memory.h"
#include "report/trials.h"

#include <math.h>
#include <string.h>

static void finish_run(lvk_report_run *run) {
    lvk_free(run->folder);
    lvk_free(run->name);
    json_decref(run->config);
    json_decref(run->results);
    json_decref(run->split);
    lvk_epochs_finish(&run->epochs);
}

void lvk_report_source_finish(lvk_report_source *source) {
    for (size_t i = 0; source->runs && i < source->run_count; ++i)
        finish_run(&source->runs[i]);
    lvk_free(source->runs);
    if (source->set)
        lvk_labelled_rows_finish(&source->cells);
    lvk_prediction_set_destroy(&source->set);
    lvk_report_trials_finish(source);
    json_decref(source->settings);
    json_decref(source->results);
    *source = (lvk_report_source){0};
}

/* Reads folder/name if it is there; *json stays NULL otherwise. */
static lvk_status read_json(const char *folder, const char *name, size_t most, json_t **json) {
    char *path = lvk_path_join(folder, name);
    lvk_status status = path ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK && lvk_path_is_file(path))
        status = lvk_json_read(path, most, json);
    lvk_free(path);
    return status;
}

/* A run before its first epoch has no metrics.csv; one without rows or columns is damaged. */
static lvk_status read_epochs(const char *path, lvk_epochs *epochs) {
    const double *values;
    *epochs = (lvk_epochs){0};
    if (!lvk_path_is_file(path))
        return LVK_OK;
    LVK_TRY(lvk_epochs_read(path, epochs));
    LVK_TRY(lvk_epochs_need(epochs, path, "epoch", &values));
    LVK_TRY(lvk_epochs_need(epochs, path, "train_loss", &values));
    return epochs->count ? LVK_OK : lvk_fail(LVK_ERROR_FORMAT, "%s: has no epoch", path);
}

static lvk_status read_run(lvk_report_source *source, char *folder, char *name) {
    lvk_report_run *runs = lvk_realloc(source->runs, source->run_count + 1, sizeof *runs);
    if (!runs || !folder || !name) {
        lvk_free(folder);
        lvk_free(name);
        source->runs = runs ? runs : source->runs;
        return LVK_ERROR_MEMORY;
    }
    source->runs = runs;
    lvk_report_run *run = &runs[source->run_count++];
    *run = (lvk_report_run){.folder = folder, .name = name};
    LVK_TRY(lvk_run_config_read(folder, &run->config));
    LVK_TRY(read_json(folder, "results.json", LVK_JSON_USUAL, &run->results));
    LVK_TRY(lvk_run_split_read(folder, &run->split));
    if (run->results)
        LVK_TRY(lvk_run_folder_need(folder, LVK_RUN_METRICS));
    char *metrics = lvk_path_join(folder, lvk_run_file_name(LVK_RUN_METRICS));
    const lvk_status status = metrics ? read_epochs(metrics, &run->epochs) : LVK_ERROR_MEMORY;
    lvk_free(metrics);
    const json_int_t best = json_integer_value(json_object_get(run->results, "best_epoch"));
    run->best_epoch = best > 0 && (uint64_t)best <= run->epochs.count ? (uint32_t)best : 0;
    return status;
}

/* ---- the three kinds ---- */

/* The part of a run that is reported: that which neither trained nor chose the model. */
static void choose_part(lvk_report_source *source) {
    static const char *const parts[] = {"test", "preliminary", "validation"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !source->scores; ++i) {
        source->scores = json_object_get(source->results, parts[i]);
        source->part = parts[i];
    }
}

static lvk_status read_single(lvk_report_source *source) {
    LVK_TRY(read_run(source, lvk_strdup(source->folder), lvk_strdup("run")));
    source->settings = json_incref(source->runs[0].config);
    source->results = json_incref(source->runs[0].results);
    choose_part(source);
    return LVK_OK;
}

static lvk_status read_folds(lvk_report_source *source) {
    LVK_TRY(read_json(source->folder, "cv.json", LVK_JSON_USUAL, &source->settings));
    LVK_TRY(read_json(source->folder, "results.json", (size_t)16 << 20, &source->results));
    source->scores = json_object_get(source->results, "all");
    source->part = "all folds";
    for (uint32_t fold = 1; fold <= LVK_MAX_FOLDS; ++fold) {
        char *folder = lvk_format("%s/fold-%u", source->folder, fold);
        if (!folder)
            return LVK_ERROR_MEMORY;
        const lvk_status status = lvk_run_folder_need(folder, LVK_RUN_CONFIG);
        if (status != LVK_OK || !lvk_run_folder_is_begun(folder)) {
            lvk_free(folder);
            LVK_TRY(status);
            break;
        }
        LVK_TRY(read_run(source, folder, lvk_format("fold %u", fold)));
    }
    return source->run_count ? LVK_OK : lvk_fail(LVK_ERROR_FORMAT, "%s: no fold has begun", source->folder);
}

static lvk_status read_search(lvk_report_source *source) {
    LVK_TRY(read_json(source->folder, "search.json", LVK_JSON_USUAL, &source->settings));
    LVK_TRY(lvk_report_trials_read(source));
    if (source->best_trial == 0)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: no trial is finished", source->folder);
    LVK_TRY(read_run(source, lvk_format("%s/trial-%03u", source->folder, source->best_trial),
                     lvk_format("trial %u", source->best_trial)));
    source->results = json_incref(source->runs[0].results);
    choose_part(source);
    return LVK_OK;
}

/* ---- cells ---- */

static char *predictions_path(const lvk_report_source *source) {
    return source->kind == LVK_REPORT_CV
               ? lvk_path_join(source->folder, "predictions.csv")
               : lvk_format("%s/predictions-%s.csv", source->runs[0].folder, source->part);
}

static lvk_status read_cells(lvk_report_source *source) {
    char *path = predictions_path(source);
    const char *const paths[] = {path};
    size_t count;
    lvk_status status = path ? lvk_prediction_set_read(paths, 1, &source->set) : LVK_ERROR_MEMORY;
    lvk_free(path);
    LVK_TRY(status);
    const lvk_prediction *rows = lvk_prediction_set_rows(source->set, &count);
    source->names = lvk_prediction_set_classes(source->set, &source->classes);
    status = lvk_labelled_rows_init(&source->cells, rows, count, source->classes);
    if (status != LVK_OK)
        lvk_prediction_set_destroy(&source->set);
    return status;
}

/* The threshold of the run's model, which is for its calibrated probabilities: that of those in the file. */
static lvk_status read_calibration(lvk_report_source *source) {
    char *file = NULL;
    lvk_checkpoint *model = NULL;
    source->calibrated = (double)NAN;
    if (source->kind != LVK_REPORT_RUN || source->classes != 2)
        return LVK_OK;
    if (!lvk_folder_has(source->folder, "model.safetensors")) {
        lvk_log(LVK_LOG_WARNING,
                "%s/model.safetensors: is missing; whether a threshold was chosen is not known",
                source->folder);
        return LVK_OK;
    }
    const lvk_status status = lvk_model_file_read(source->folder, LVK_MODEL_EVALUATED, &file, &model);
    if (status == LVK_OK) {
        const lvk_model_calibration *c = &lvk_checkpoint_info(model)->calibration;
        if (c->has_threshold && c->threshold > 0 && c->threshold < 1) {
            const double logit =
                log(c->threshold / (1 - c->threshold)) * (c->has_temperature ? c->temperature : 1);
            source->calibrated = 1 / (1 + exp(-logit));
        }
    }
    lvk_free(file);
    lvk_checkpoint_destroy(&model);
    return status;
}

lvk_status lvk_report_source_read(const char *folder, lvk_report_source *source) {
    *source = (lvk_report_source){.folder = folder, .threshold = LVK_THRESHOLD, .calibrated = (double)NAN};
    lvk_status status = lvk_run_folder_need(folder, LVK_RUN_CONFIG);
    if (status != LVK_OK)
        return status;
    if (lvk_folder_has(folder, "config.json")) {
        source->kind = LVK_REPORT_RUN;
        status = read_single(source);
    } else if (lvk_folder_has(folder, "cv.json")) {
        source->kind = LVK_REPORT_CV;
        status = read_folds(source);
    } else if (lvk_folder_has(folder, "search.json")) {
        source->kind = LVK_REPORT_SEARCH;
        status = read_search(source);
    } else {
        status = lvk_fail(LVK_ERROR_ARGUMENT, "%s: is no folder of leukvk train, cv or tune", folder);
    }
    if (status == LVK_OK && source->scores)
        status = read_cells(source);
    if (status == LVK_OK)
        status = read_calibration(source);
    if (status != LVK_OK)
        lvk_report_source_finish(source);
    return status;
}

/* ---- settings ---- */

const json_t *lvk_report_setting(const lvk_report_source *source, const char *key) {
    const json_t *value = json_object_get(source->settings, key);
    return value || source->run_count == 0 ? value : json_object_get(source->runs[0].config, key);
}

const char *lvk_report_setting_text(const lvk_report_source *source, const char *key) {
    const char *text = json_string_value(lvk_report_setting(source, key));
    return text ? text : "";
}
