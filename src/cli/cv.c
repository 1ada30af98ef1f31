/* leukvk cv: cross-validation. */
#include "metrics_report.h"
#include "options.h"
#include "train_options.h"
#include "train_progress.h"
#include "ui/format.h"
#include "ui/interrupt.h"
#include "ui/json_result.h"
#include "ui/output.h"
#include "ui/quiet.h"
#include "ui/table.h"
#include "verb.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char documentation[] =
    "Evaluates a way of training by cross-validation. Images are assigned to folds by subject; for each fold a "
    "model is trained on the other folds. So every image is evaluated by a model that has seen neither the image "
    "nor its subject. After Ctrl-C, a crash or a power cut, the same command goes on."
    "\v"
    "Examples:\n"
    "  leukvk cv --data C-NMC_Leukemia --out runs/cv        five folds\n"
    "  leukvk cv --data C-NMC_Leukemia --folds official     C-NMC's own three folds\n"
    "  leukvk cv --data samples --model resnet50 --epochs 30\n"
    "  leukvk cv --data samples --group none --out runs/leaking\n"
    "  leukvk eval --from runs/cv/predictions.csv --subjects\n"
    "  leukvk cv --data samples --out runs/cv --export mean.safetensors\n"
    "\n"
    "Each fold's model is trained for all epochs on all images of the other folds. With --patience or --keep best, a "
    "fraction of these images (0.15, by subject) is held back for validation, which chooses the epoch. Features of a "
    "frozen backbone are computed once for all folds.\n";

enum { OPTION_FOLDS = 256, OPTION_OUT, OPTION_EXPORT, OPTION_JSON, OPTION_REFIT };

static const struct argp_option options[] = {
    {"folds", OPTION_FOLDS, "K|official|official-joined", 0,
     "Number of folds, 2 to 10; official: the folds of C-NMC; official-joined: the same, but subjects who share a picture "
     "are moved to one fold (5)",
     GROUP_DATA},
    {"out", OPTION_OUT, "FOLDER", 0,
     "Folder of the cross-validation: new, or that of the same command, which then goes on (runs/DATE-TIME-cv-MODEL)",
     GROUP_OUTPUT},
    {"refit", OPTION_REFIT, NULL, 0,
     "At the end, train one model on all images: FOLDER/refit, which leukvk predict --model FOLDER takes; the folds are its "
     "estimate",
     GROUP_WORK},
    {"export", OPTION_EXPORT, "FILE", 0,
     "At the end, write one model file of the mean of the folds' models; the same command makes it of folds that are "
     "done",
     GROUP_OUTPUT},
    {"json", OPTION_JSON, NULL, 0,
     "Print results.json to standard output at the end, and everything else to standard error", GROUP_OUTPUT},
    {0}};

typedef struct arguments {
    lvk_device_options device;
    bool no_selftest;
    train_choices train;
    lvk_cv_options cv;
    const char *file; /* of the mean of the folds' models; NULL: none */
    bool json;
} arguments;

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->train;
        state->child_inputs[1] = &a->device;
        state->child_inputs[2] = &a->device;
        state->child_inputs[3] = &a->no_selftest;
        return 0;
    case OPTION_FOLDS:
        a->cv.folds = 0;
        a->cv.join = strcmp(text, "official-joined") == 0;
        if (!a->cv.join && strcmp(text, "official") != 0)
            a->cv.folds = (uint32_t)option_count(state, "folds", text, 2, LVK_MAX_FOLDS);
        return 0;
    case OPTION_REFIT:
        a->cv.refit = true;
        return 0;
    case OPTION_EXPORT:
        a->file = output_path(text);
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    case OPTION_OUT:
        a->cv.folder = text;
        return 0;
    case ARGP_KEY_END:
        train_choices_check(&a->train, state);
        if (a->cv.folds == 0 && strcmp(a->train.options.group, "none") == 0)
            argp_failure(
                state, EXIT_USAGE, 0,
                "--folds official: these folds keep subjects apart; --group none needs a number, --folds K");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool show(void *user, const lvk_cv_event *event) {
    char text[3][FORMAT_SIZE], people[METRICS_PEOPLE_SIZE];
    if (event->train) {
        if (event->train->kind == LVK_TRAIN_STARTED && !event->train->refit && !quiet_is_set())
            printf("\nfold %" PRIu32 " of %" PRIu32 "\n", event->fold, event->folds);
        return train_progress_show(user, event->train);
    }
    const lvk_metrics *m = &event->report->metrics;
    if (quiet_is_set())
        return true;
    char area[64] = "";
    if (event->report->class_count == 0)
        snprintf(area, sizeof area, " (of the cell's area alone %s)", format_number(text[1], m->size_auc, 4));
    printf("fold %" PRIu32 "%s: %" PRIu64 " images%s: AUC %s%s, weighted F1 %s\n", event->fold,
           event->kept ? " (done before)" : "", m->count,
           metrics_people(people, m->count, event->report->subjects, event->report->unnamed),
           format_number(text[0], m->auc, 4), area, format_number(text[2], m->f1_weighted, 4));
    fflush(stdout);
    return true;
}

static void value_cell(table *t, const lvk_metrics *metrics, const lvk_measure *measure) {
    char text[FORMAT_SIZE];
    table_cell(t, "%s", format_number(text, lvk_measure_of(metrics, measure), 4));
}

static void print_folds(const lvk_cv_result *r) {
    static char titles[LVK_MAX_FOLDS][16];
    size_t count;
    const lvk_measure *measures = lvk_measures(&count);
    table t = {0};
    table_column(&t, "");
    for (uint32_t fold = 0; fold < r->folds; ++fold) {
        snprintf(titles[fold], sizeof titles[fold], "fold %" PRIu32, fold + 1);
        table_number_column(&t, titles[fold]);
    }
    table_number_column(&t, "mean");
    table_number_column(&t, "sd");
    for (size_t i = 0; i < count; ++i) {
        if (r->all.class_count && isnan(lvk_measure_of(&r->mean, &measures[i])))
            continue; /* a score of two classes */
        table_cell(&t, "%s", measures[i].name);
        for (uint32_t fold = 0; fold < r->folds; ++fold)
            value_cell(&t, &r->fold[fold].metrics, &measures[i]);
        value_cell(&t, &r->mean, &measures[i]);
        value_cell(&t, &r->deviation, &measures[i]);
    }
    printf("\n");
    table_print(&t, stdout);
    table_finish(&t);
}

static void print_result(const lvk_cv_result *r) {
    char title[320], people[METRICS_PEOPLE_SIZE];
    print_folds(r);
    snprintf(
        title, sizeof title, "\nall folds together: %" PRIu64 " images%s, each evaluated by a model that %s",
        r->all.metrics.count, metrics_people(people, r->all.metrics.count, r->all.subjects, r->all.unnamed),
        r->all.unnamed ? "has not seen it"
        : r->by_image  ? "has seen other cells of the same subject"
                       : "has not seen its subject");
    metrics_print(&r->all, &(metrics_subject){title, r->positive_class, r->negative_class});
    if (r->by_image)
        printf(
            "\n--group none: people are on both sides of every split, so these scores say nothing about new "
            "people. Compare with a run without it.\n");
    printf("\nfolds, predictions and figures: %s\n", shown(r->folder));
    if (r->refitted) {
        printf("The model to use was trained on all images: %s/refit/model.safetensors\n", shown(r->folder));
        train_options_print_temperature(r->refit_temperature, "the predictions of all folds");
    }
    train_options_print_report(r->folder);
}

/* Writes the mean of the folds' models. */
static int export_mean(const arguments *a, const lvk_cv_result *r) {
    static char runs[LVK_MAX_FOLDS][4200];
    const char *paths[LVK_MAX_FOLDS];
    lvk_join_result joined;
    for (uint32_t fold = 0; fold < r->folds; ++fold) {
        snprintf(runs[fold], sizeof runs[fold], "%s/fold-%" PRIu32, r->folder, fold + 1);
        paths[fold] = runs[fold];
    }
    const int status = lvk_models_join(paths, r->folds, a->file, &joined);
    if (status == LVK_OK && !quiet_is_set())
        printf(
            "the mean of the folds' models: %s. The scores above are of each model on people it has not seen; most "
            "members have seen each of these people, so that no image here can tell how good their mean is.\n",
            shown(a->file));
    return status;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&train_options_argp, 0, NULL, 0},
                                                 {&device_argp, 0, NULL, 0},
                                                 {&tuner_argp, 0, NULL, 0},
                                                 {&selftest_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp parser = {options, parse_option, NULL, documentation, children, NULL, NULL};
    static lvk_cv_result result;
    arguments a = {.train = train_choices_begin(), .cv = {.folds = 5}};
    parse_arguments(&parser, argc, argv, &a);
    output_check("export", a.file, &a.train.options.data, 1);
    if (a.file)
        output_check_writable("export", a.file);
    a.cv.train = a.train.options;
    if (a.json)
        json_result_begin();
    lvk_device *device;
    int status = option_device_open(&a.device, &device);
    if (status != LVK_OK)
        return report_failure(status);
    train_progress_begin(lvk_device_get_info(device)->name, &a.cv.train.seed);
    status = option_selftest(device, a.no_selftest);
    interrupt_set_advice("the same command goes on");
    train_progress_catch_signals(true);
    progress bar = {0};
    if (status == LVK_OK)
        status = lvk_cv_run(device, &a.cv, show, &bar, &result);
    if (status == LVK_OK && !(a.json && quiet_is_set()))
        print_result(&result);
    else if (bar.visible)
        progress_clear(&bar);
    if (status == LVK_OK && a.file)
        status = export_mean(&a, &result);
    const int exit_status = status != LVK_OK ? report_failure(status)
                            : a.json         ? json_result_file(result.folder, "results.json")
                                             : EXIT_OK;
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_cv;
const verb verb_cv = {"cv", "evaluate a way of training by cross-validation", run};
