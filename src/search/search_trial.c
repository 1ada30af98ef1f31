#include "search/search_trial.h"

#include "artifact/epochs.h"
#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/log.h"
#include "core/memory.h"
#include "search/run_group.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- training ---- */

typedef struct watched {
    const lvk_trial_job *job;
    lvk_train_callback callback;
    void *user;
    bool over; /* the trial has the epochs of the round */
} watched;

/* Stops a training when it has the epochs of the round, also if it had them already before it was killed. */
static bool watch(void *user, const lvk_train_event *event) {
    watched *w = user;
    const uint32_t trained = event->kind == LVK_TRAIN_EPOCH     ? event->epoch
                             : event->kind == LVK_TRAIN_STARTED ? event->resumed_epoch
                                                                : 0;
    if (w->callback && !w->callback(w->user, event))
        return false;
    w->over = w->job->epochs < w->job->options.epochs && trained >= w->job->epochs;
    return !w->over;
}

/* Writes the error line into diverged.json: one line, unlike the files of lvk_json_write. */
static lvk_status note_divergence(const char *run) {
    json_t *json = json_pack("{s:s}", "reason", lvk_error_message());
    char *text, *path = lvk_path_join(run, "diverged.json");
    lvk_status status = lvk_json_dump(json, 0, &text);
    const lvk_span spans[] = {{text, text ? strlen(text) : 0}, {"\n", 1}};
    if (status == LVK_OK)
        status = path ? lvk_file_write_spans(path, spans, 2) : LVK_ERROR_MEMORY;
    lvk_free(path);
    lvk_free(text);
    json_decref(json);
    return status;
}

lvk_status lvk_trial_train(lvk_device *device, const lvk_trial_job *job, lvk_train_callback callback,
                           void *user) {
    watched w = {.job = job, .callback = callback, .user = user};
    lvk_train_options options = job->options;
    options.run = job->run;
    options.split = job->split;
    LVK_TRY(lvk_run_group_compare(device, job->first, job->run, job->search));
    lvk_status status = lvk_run_group_train(device, &options, watch, &w);
    if (status == LVK_ERROR_CANCELLED && w.over)
        status = LVK_OK;
    if (status == LVK_ERROR_NUMERIC) {
        lvk_log(LVK_LOG_WARNING, "diverged: %s", lvk_error_message());
        status = note_divergence(job->run);
    }
    return status;
}

/* ---- reading ---- */

/* Takes the best of the first `epochs` epochs; 0: of all. */
static lvk_status take_epochs(const lvk_epochs *all, const char *path, uint32_t epochs, lvk_trial *trial) {
    const double *loss, *auc, *f1;
    LVK_TRY(lvk_epochs_need(all, path, "val_loss", &loss));
    LVK_TRY(lvk_epochs_need(all, path, "val_auc", &auc));
    LVK_TRY(lvk_epochs_need(all, path, "val_f1_weighted", &f1));
    for (size_t e = 0; e < all->count && (!epochs || trial->epochs < epochs); ++e) {
        ++trial->epochs;
        if (isnan(loss[e]) && !trial->best_epoch)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: epoch %u has no validation loss", path, trial->epochs);
        if (trial->best_epoch && !(loss[e] < trial->validation_loss))
            continue;
        trial->best_epoch = trial->epochs;
        trial->validation_loss = loss[e];
        trial->validation_auc = auc[e];
        trial->validation_f1_weighted = f1[e];
    }
    return LVK_OK;
}

static lvk_status read_epochs(const char *path, uint32_t epochs, lvk_trial *trial) {
    lvk_epochs all;
    LVK_TRY(lvk_epochs_read(path, &all));
    const lvk_status status = take_epochs(&all, path, epochs, trial);
    lvk_epochs_finish(&all);
    return status;
}

static lvk_status read_test(const char *path, lvk_trial *trial) {
    json_t *json;
    LVK_TRY(lvk_json_read(path, LVK_JSON_USUAL, &json));
    const json_t *test = json_object_get(json, "test"), *auc = json_object_get(test, "auc");
    if (!auc) /* of three and more classes */
        auc = json_object_get(test, "auc_macro");
    trial->test_auc = json_is_number(auc) ? json_number_value(auc) : (double)NAN;
    json_decref(json);
    return LVK_OK;
}

static bool has_file(const char *run, const char *name, char **path) {
    *path = lvk_path_join(run, name);
    return *path && lvk_path_is_file(*path);
}

lvk_status lvk_trial_read(const char *run, uint32_t epochs, lvk_trial *trial, bool *done) {
    const double unknown = (double)NAN;
    char *metrics, *results, *diverged;
    lvk_status status = LVK_OK;
    *trial = (lvk_trial){.validation_loss = unknown,
                         .validation_auc = unknown,
                         .validation_f1_weighted = unknown,
                         .test_auc = unknown};
    if (has_file(run, lvk_run_file_name(LVK_RUN_METRICS), &metrics))
        status = read_epochs(metrics, epochs, trial);
    if (has_file(run, "results.json", &results))
        trial->outcome = LVK_TRIAL_FINISHED;
    if (has_file(run, "diverged.json", &diverged))
        trial->outcome = LVK_TRIAL_DIVERGED;
    *done = trial->outcome != LVK_TRIAL_OPEN || (epochs && trial->epochs >= epochs);
    if (status == LVK_OK && trial->outcome == LVK_TRIAL_FINISHED)
        status = read_test(results, trial);
    if (status == LVK_OK && (!metrics || !results || !diverged))
        status = LVK_ERROR_MEMORY;
    lvk_free(metrics);
    lvk_free(results);
    lvk_free(diverged);
    return status;
}
