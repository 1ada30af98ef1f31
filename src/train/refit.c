#include "train/refit.h"

#include "artifact/model_file.h"
#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "predict/novelty.h"
#include "train/settings.h"

#include <math.h>
#include <stdio.h>

/* Adds ", NAME 0.874 (0.734 to 0.928)" to the text; the brackets only where there is an interval. */
static void add_score(lvk_text *text, const char *name, double score, double low, double high) {
    lvk_text_add(text, "%s %.3f", name, score);
    if (isfinite(low) && isfinite(high))
        lvk_text_add(text, " (%.3f to %.3f)", low, high);
}

const char *lvk_refit_estimate(const char *by, const lvk_evaluation_report *report,
                               char text[LVK_ESTIMATE_SIZE]) {
    lvk_text line = {0};
    lvk_text_add(&line, "%s: ", by);
    add_score(&line, "AUC", report->metrics.auc, report->low.auc, report->high.auc);
    add_score(&line, ", weighted F1", report->metrics.f1_weighted, report->low.f1_weighted,
              report->high.f1_weighted);
    lvk_text_add(&line, ", on %llu images", (unsigned long long)report->metrics.count);
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

/* The number of epochs of the judged model, or, where a schedule or a warm-up needs more, of its training. */
static uint32_t choose_epochs(const lvk_train_options *options, uint32_t judged) {
    lvk_train_options shorter = *options;
    lvk_settings settings;
    shorter.epochs = judged;
    if (lvk_settings_init(&settings, &shorter) != LVK_OK)
        return options->epochs;
    lvk_settings_finish(&settings);
    return judged;
}

static lvk_status train(lvk_device *device, const lvk_train_options *options, bool begun, listener *told,
                        lvk_train_result *result) {
    if (!begun)
        return lvk_train(device, options, forward, told, result);
    const lvk_resume_options resume = {.dataset = options->dataset,
                                       .ranks = options->ranks,
                                       .threads = options->threads,
                                       .estimate = options->estimate,
                                       .novelty_ratio = options->novelty_ratio};
    return lvk_train_resume(device, options->run, &resume, forward, told, result);
}

/* Reads the ratio of novelty's limits from the model in the run folder `judged`; 0 if it has none. */
static lvk_status read_ratio(const char *judged, double *ratio) {
    char *file = NULL;
    lvk_checkpoint *model = NULL;
    lvk_novelty *novelty = NULL;
    lvk_status status = lvk_model_file_read(judged, LVK_MODEL_JUDGED, &file, &model);
    if (status == LVK_OK)
        status = lvk_novelty_read(model, &novelty);
    *ratio = novelty ? novelty->unseen_ratio : 0;
    lvk_novelty_destroy(&novelty);
    lvk_checkpoint_destroy(&model);
    lvk_free(file);
    return status;
}

lvk_status lvk_refit(lvk_device *device, const lvk_train_options *options, const char *parent,
                     const char *judged, uint32_t epochs, lvk_train_callback callback, void *user) {
    listener told = {callback, user};
    lvk_train_options o = *options;
    char *run = lvk_path_join(parent, LVK_RUN_REFIT);
    char *config = run ? lvk_path_join(run, lvk_run_file_name(LVK_RUN_CONFIG)) : NULL;
    lvk_train_result *result = lvk_alloc(1, sizeof *result);
    lvk_status status = config && result ? LVK_OK : LVK_ERROR_MEMORY;
    o.run = run;
    o.split = NULL;
    o.validation = o.test = 0;
    o.patience = 0;
    o.keep = "last";
    o.refit = o.profile = false;
    if (status == LVK_OK && !lvk_run_folder_is_finished(run)) {
        const bool begun = lvk_path_is_file(config);
        o.epochs = choose_epochs(&o, epochs);
        status = read_ratio(judged, &o.novelty_ratio);
        if (status == LVK_OK)
            status = train(device, &o, begun, &told, result);
    }
    lvk_free(result);
    lvk_free(config);
    lvk_free(run);
    return status;
}
