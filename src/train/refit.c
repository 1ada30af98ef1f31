#include "train/refit.h"

#include "artifact/model_file.h"
#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/quantile.h"
#include "metrics/labelled_rows.h"
#include "metrics/temperature.h"
#include "predict/novelty.h"
#include "runtime/ranks.h"
#include "train/continuation.h"
#include "train/settings.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds to a text of LVK_ESTIMATE_SIZE bytes, which needs no memory beside. */
LVK_PRINTF(2, 3) static void add(char *text, const char *format, ...) {
    const size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, LVK_ESTIMATE_SIZE - length, format, arguments);
    va_end(arguments);
}

/* Adds "NAME 0.874 (0.734 to 0.928), " to the text; the brackets only where there is an interval. */
static void add_score(char *text, const char *name, double score, double low, double high) {
    if (!isfinite(score)) /* of one class */
        return;
    add(text, "%s %.3f", name, score);
    if (isfinite(low) && isfinite(high))
        add(text, " (%.3f to %.3f)", low, high);
    add(text, ", ");
}

const char *lvk_refit_estimate(const char *by, const lvk_evaluation_report *report,
                               char text[LVK_ESTIMATE_SIZE]) {
    text[0] = '\0';
    add(text, "%s: ", by);
    add_score(text, "AUC", report->metrics.auc, report->low.auc, report->high.auc);
    add_score(text, "weighted F1", report->metrics.f1_weighted, report->low.f1_weighted,
              report->high.f1_weighted);
    add(text, "on %llu images", (unsigned long long)report->metrics.count);
    if (report->unnamed == 0)
        add(text, " of %u subjects who were held out", report->subjects);
    return text;
}

typedef struct listener {
    lvk_train_callback callback;
    void *user;
} listener;

static bool forward(void *user, const lvk_train_event *event) {
    const listener *l = user;
    lvk_train_event refit = *event;
    refit.refit = true;
    return !l->callback || l->callback(l->user, &refit);
}

lvk_status lvk_refit_choose_epochs(lvk_train_options *options, uint32_t evaluated) {
    lvk_train_options shorter = *options;
    lvk_settings settings;
    shorter.epochs = evaluated;
    const lvk_status status = lvk_settings_init(&settings, &shorter);
    if (status == LVK_ERROR_MEMORY)
        return status;
    if (status == LVK_OK)
        options->epochs = evaluated;
    lvk_settings_finish(&settings);
    return LVK_OK;
}

/* Reads the ratio of novelty's limits from the model in the run folder `evaluated`; 0 if it has none. */
static lvk_status read_ratio(const char *evaluated, double *ratio) {
    char *file = NULL;
    lvk_checkpoint *model = NULL;
    lvk_novelty *novelty = NULL;
    lvk_status status = lvk_model_file_read(evaluated, LVK_MODEL_EVALUATED, &file, &model);
    if (status == LVK_OK)
        status = lvk_novelty_read(model, &novelty);
    *ratio = novelty ? novelty->unseen_ratio : 0;
    lvk_novelty_destroy(&novelty);
    lvk_checkpoint_destroy(&model);
    lvk_free(file);
    return status;
}

/* The median of the ratios of those models that have one; 0: none has. */
static lvk_status read_ratios(const lvk_refit_source *source, double *ratio) {
    double *ratios = lvk_alloc(source->count, sizeof *ratios);
    lvk_status status = ratios ? LVK_OK : LVK_ERROR_MEMORY;
    size_t known = 0;
    for (size_t i = 0; i < source->count && status == LVK_OK; ++i) {
        status = read_ratio(source->runs[i], &ratios[known]);
        known += status == LVK_OK && ratios[known] > 0;
    }
    if (status == LVK_OK)
        lvk_sort_numbers(ratios, known);
    *ratio = status == LVK_OK && known ? lvk_quantile(ratios, known, 0.5) : 0;
    lvk_free(ratios);
    return status;
}

/* The predictions for the test parts of the runs, of those that have one; *set is NULL where none has. */
static lvk_status read_predictions(const lvk_refit_source *source, lvk_prediction_set **set) {
    char **files = lvk_alloc(source->count, sizeof *files);
    size_t count = 0;
    lvk_status status = files ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < source->count && status == LVK_OK; ++i) {
        files[count] = lvk_path_join(source->runs[i], "predictions-test.csv");
        if (!files[count])
            status = LVK_ERROR_MEMORY;
        else if (lvk_path_is_file(files[count]))
            ++count;
        else
            lvk_free(files[count]);
    }
    if (status == LVK_OK && count)
        status = lvk_prediction_set_read((const char *const *)files, count, set);
    for (size_t i = 0; i < count; ++i)
        lvk_free(files[i]);
    lvk_free(files);
    return status;
}

/* The temperature of least log loss for people not seen, by the evaluated models' predictions for the people whom they had not
 * seen; 0 where there is none. Of cells that were assigned one by one it would be that for people who are known. */
static lvk_status choose_temperature(const lvk_refit_source *source, bool by_image, double *temperature) {
    lvk_prediction_set *set = NULL;
    *temperature = 0;
    lvk_status status = by_image ? LVK_OK : read_predictions(source, &set);
    if (status == LVK_OK && set) {
        size_t count;
        uint32_t classes;
        lvk_labelled_rows labelled;
        const lvk_prediction *rows = lvk_prediction_set_rows(set, &count);
        (void)lvk_prediction_set_classes(set, &classes);
        status = lvk_labelled_rows_init(&labelled, rows, count, classes);
        if (status == LVK_OK) {
            status = lvk_temperature_fit_by_subject(&labelled, classes, temperature);
            lvk_labelled_rows_finish(&labelled);
            if (status == LVK_ERROR_ARGUMENT) /* none is best */
                status = LVK_OK;
        }
    }
    lvk_prediction_set_destroy(&set);
    return status;
}

/* How the training stands, and what it takes from the evaluated model. The first rank finds it out for all, since
 * it writes the files, and the others may not see them. */
typedef struct standing {
    bool begun, finished;
    bool extended; /* it was begun for another number of epochs, and goes on for the new one */
    double novelty_ratio, temperature;
} standing;

/* Fails where the settings of the run in the folder `run`, `config`, are others than those of the training. */
static lvk_status check_settings(const lvk_train_options *options, const json_t *config, const char *run) {
    char key[LVK_SETTING_KEY_SIZE];
    LVK_TRY(lvk_settings_compare(options, config, lvk_settings_identity, run, key));
    return *key ? lvk_fail(
                      LVK_ERROR_ARGUMENT,
                      "%s: is the model of other settings, with another \"%s\"; where it is moved away, the "
                      "same command trains a new one",
                      run, key)
                : LVK_OK;
}

/* Looks at the run in the folder options->run, if it was begun. */
static lvk_status find_begun(const lvk_train_options *options, standing *now) {
    json_t *config = NULL;
    now->begun = lvk_run_folder_is_begun(options->run);
    if (!now->begun)
        return LVK_OK;
    lvk_status status = lvk_run_config_read(options->run, &config);
    if (status == LVK_OK)
        status = check_settings(options, config, options->run);
    now->extended = json_integer_value(json_object_get(config, "epochs")) != (json_int_t)options->epochs;
    json_decref(config);
    if (status == LVK_OK && now->extended)
        status = lvk_run_folder_reopen(options->run);
    now->finished = status == LVK_OK && lvk_run_folder_is_finished(options->run);
    return status;
}

static lvk_status find_standing(const lvk_train_options *options, const lvk_refit_source *source,
                                standing *now) {
    LVK_TRY(find_begun(options, now));
    LVK_TRY(choose_temperature(source, strcmp(options->group, "none") == 0, &now->temperature));
    return now->finished ? LVK_OK : read_ratios(source, &now->novelty_ratio);
}

/* `status`: how this rank stands, which fails for all where it fails for one. */
static lvk_status agree_standing(lvk_status status, const lvk_train_options *options,
                                 const lvk_refit_source *source, standing *now) {
    const lvk_ranks *ranks = options->ranks;
    if (status == LVK_OK && (!ranks || ranks->rank == 0))
        status = find_standing(options, source, now);
    if (!ranks)
        return status;
    LVK_TRY(lvk_ranks_agree(ranks, status));
    lvk_ranks_broadcast(ranks, 0, now, sizeof *now);
    return LVK_OK;
}

lvk_status lvk_refit_check(const lvk_dataset *dataset) {
    return lvk_dataset_has_parts(dataset)
               ? lvk_fail(
                     LVK_ERROR_ARGUMENT,
                     "--refit: %s has parts of its own, train, validation and test, which a training on all "
                     "images would mix",
                     lvk_dataset_source(dataset))
               : LVK_OK;
}

lvk_status lvk_refit(lvk_device *device, const lvk_train_options *options, const lvk_refit_source *source,
                     lvk_train_callback callback, void *user, double *temperature) {
    listener told = {callback, user};
    lvk_train_options o = *options;
    standing now = {0};
    const bool elsewhere = options->tensorboard && *options->tensorboard;
    char *run = lvk_path_join(source->parent, LVK_RUN_REFIT);
    char *tensorboard = elsewhere ? lvk_path_join(options->tensorboard, LVK_RUN_REFIT) : NULL;
    o.run = tensorboard || !elsewhere ? run : NULL;
    o.split = NULL;
    o.validation = o.test = 0;
    o.patience = 0;
    o.keep = "last";
    o.refit = o.profile = false;
    o.tensorboard = elsewhere ? tensorboard : options->tensorboard;
    lvk_status status =
        o.run ? lvk_refit_choose_epochs(&o, source->epochs) : LVK_ERROR_MEMORY; /* for the paths */
    status = agree_standing(status, &o, source, &now);
    o.novelty_ratio = now.novelty_ratio;
    o.temperature = now.temperature;
    if (temperature)
        *temperature = now.temperature;
    if (status == LVK_OK && !now.finished)
        status = lvk_continuation_train(device, &o, now.begun, now.extended ? o.epochs : 0, forward, &told);
    lvk_free(tensorboard);
    lvk_free(run);
    return status;
}
