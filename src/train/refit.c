#include "train/refit.h"

#include "artifact/model_file.h"
#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "predict/novelty.h"
#include "runtime/ranks.h"
#include "train/settings.h"

#include <math.h>
#include <stdio.h>

/* Adds "NAME 0.874 (0.734 to 0.928), " to the text; the brackets only where there is an interval. */
static void add_score(lvk_text *text, const char *name, double score, double low, double high) {
    if (!isfinite(score)) /* of one class */
        return;
    lvk_text_add(text, "%s %.3f", name, score);
    if (isfinite(low) && isfinite(high))
        lvk_text_add(text, " (%.3f to %.3f)", low, high);
    lvk_text_add(text, ", ");
}

const char *lvk_refit_estimate(const char *by, const lvk_evaluation_report *report,
                               char text[LVK_ESTIMATE_SIZE]) {
    lvk_text line = {0};
    lvk_text_add(&line, "%s: ", by);
    add_score(&line, "AUC", report->metrics.auc, report->low.auc, report->high.auc);
    add_score(&line, "weighted F1", report->metrics.f1_weighted, report->low.f1_weighted,
              report->high.f1_weighted);
    lvk_text_add(&line, "on %llu images", (unsigned long long)report->metrics.count);
    if (report->unnamed == 0)
        lvk_text_add(&line, " of %u subjects who were held out", report->subjects);
    snprintf(text, LVK_ESTIMATE_SIZE, "%s", line.failed ? "" : line.data);
    lvk_text_finish(&line);
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

/* The number of epochs of the evaluated model, or, where a schedule or a warm-up needs more, of its training. */
static uint32_t choose_epochs(const lvk_train_options *options, uint32_t evaluated) {
    lvk_train_options shorter = *options;
    lvk_settings settings;
    shorter.epochs = evaluated;
    if (lvk_settings_init(&settings, &shorter) != LVK_OK)
        return options->epochs;
    lvk_settings_finish(&settings);
    return evaluated;
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

/* How the training stands, and what it takes from the evaluated model. The first rank finds it out for all, since
 * it writes the files, and the others may not see them. */
typedef struct standing {
    bool begun, finished;
    bool extended; /* it was begun for another number of epochs, and goes on for the new one */
    double novelty_ratio;
} standing;

/* Reads the number of epochs of the run in the folder `run`; 0 without a run. */
static lvk_status read_epochs(const char *run, bool begun, uint32_t *epochs) {
    json_t *config = NULL;
    *epochs = 0;
    if (!begun)
        return LVK_OK;
    const lvk_status status = lvk_run_config_read(run, &config);
    *epochs = (uint32_t)json_integer_value(json_object_get(config, "epochs"));
    json_decref(config);
    return status;
}

static lvk_status find_standing(const char *run, const char *evaluated, uint32_t wanted, standing *now) {
    uint32_t epochs;
    char *config = lvk_path_join(run, lvk_run_file_name(LVK_RUN_CONFIG));
    if (!config)
        return LVK_ERROR_MEMORY;
    now->begun = lvk_path_is_file(config);
    lvk_free(config);
    LVK_TRY(read_epochs(run, now->begun, &epochs));
    now->extended = now->begun && epochs != wanted;
    if (now->extended)
        LVK_TRY(lvk_run_folder_reopen(run));
    now->finished = lvk_run_folder_is_finished(run);
    return now->finished ? LVK_OK : read_ratio(evaluated, &now->novelty_ratio);
}

static lvk_status agree_standing(const lvk_ranks *ranks, const char *run, const char *evaluated,
                                 uint32_t wanted, standing *now) {
    lvk_status status = run ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK && (!ranks || ranks->rank == 0))
        status = find_standing(run, evaluated, wanted, now);
    if (!ranks)
        return status;
    LVK_TRY(lvk_ranks_agree(ranks, status));
    lvk_ranks_broadcast(ranks, 0, now, sizeof *now);
    return LVK_OK;
}

static lvk_status train(lvk_device *device, const lvk_train_options *options, const standing *now,
                        listener *told, lvk_train_result *result) {
    if (!now->begun)
        return lvk_train(device, options, forward, told, result);
    const lvk_resume_options resume = {.dataset = options->dataset,
                                       .ranks = options->ranks,
                                       .threads = options->threads,
                                       .epochs = now->extended ? options->epochs : 0,
                                       .estimate = options->estimate,
                                       .tensorboard = options->tensorboard,
                                       .novelty_ratio = options->novelty_ratio};
    return lvk_train_resume(device, options->run, &resume, forward, told, result);
}

lvk_status lvk_refit(lvk_device *device, const lvk_train_options *options, const char *parent,
                     const char *evaluated, uint32_t epochs, lvk_train_callback callback, void *user) {
    listener told = {callback, user};
    lvk_train_options o = *options;
    standing now = {0};
    const bool elsewhere = options->tensorboard && *options->tensorboard;
    char *run = lvk_path_join(parent, LVK_RUN_REFIT);
    char *tensorboard = elsewhere ? lvk_path_join(options->tensorboard, LVK_RUN_REFIT) : NULL;
    lvk_train_result *result = lvk_alloc(1, sizeof *result);
    o.run = run;
    o.split = NULL;
    o.validation = o.test = 0;
    o.patience = 0;
    o.keep = "last";
    o.refit = o.profile = false;
    o.tensorboard = elsewhere ? tensorboard : options->tensorboard;
    o.epochs = choose_epochs(&o, epochs);
    const bool ready = result && (tensorboard || !elsewhere);
    lvk_status status = agree_standing(options->ranks, ready ? run : NULL, evaluated, o.epochs, &now);
    o.novelty_ratio = now.novelty_ratio;
    if (status == LVK_OK && !now.finished)
        status = train(device, &o, &now, &told, result);
    lvk_free(result);
    lvk_free(tensorboard);
    lvk_free(run);
    return status;
}
