/* leukvk eval: how good a model is. */
#include "format.h"
#include "metrics_report.h"
#include "options.h"
#include "progress.h"
#include "selection.h"
#include "verb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char documentation[] =
    "Judges a trained model on images whose class is known: on the subjects that its run held out, or with --data alone on all "
    "labelled images of another data set."
    "\v"
    "Examples:\n"
    "  leukvk eval --model runs/RUN                       the run's test part\n"
    "  leukvk eval --model runs/RUN --part validation\n"
    "  leukvk eval --model model.safetensors --data DIR   another data set\n";

enum { OPTION_MODEL = 256, OPTION_PART, OPTION_DATA, OPTION_JSON, OPTION_OUT, OPTION_BATCH, OPTION_THREADS };

static const struct argp_option options[] = {
    {"model", OPTION_MODEL, "PATH", 0, "A run folder, a model.safetensors or a checkpoint", 0},
    {"part", OPTION_PART, "PART", 0, "Part of the run: train, validation, test or preliminary (test)", 0},
    {"data", OPTION_DATA, "DIR", 0, "Another data set; with --part: where the run's data set lies now", 0},
    {"json", OPTION_JSON, NULL, 0, "Print JSON", 0},
    {"out", OPTION_OUT, "FILE", 0, "Also write the predictions as CSV, with subject and label", 0},
    {"batch", OPTION_BATCH, "N", 0, "Images at a time (32)", 0},
    {"threads", OPTION_THREADS, "N", 0, "Threads that read images (as many as processors)", 0},
    {0}};

typedef struct arguments {
    lvk_device_options device;
    lvk_classifier_options classifier;
    const char *model, *part, *data, *out;
    bool json;
} arguments;

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->device;
        return 0;
    case OPTION_MODEL:
        a->model = text;
        return 0;
    case OPTION_PART:
        a->part = text;
        return 0;
    case OPTION_DATA:
        a->data = text;
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    case OPTION_OUT:
        a->out = text;
        return 0;
    case OPTION_BATCH:
        a->classifier.batch = (uint32_t)option_count(state, "batch", text, 1, 1024);
        return 0;
    case OPTION_THREADS:
        a->classifier.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case ARGP_KEY_END:
        if (!a->model)
            argp_failure(state, EXIT_USAGE, 0, "which model? --model runs/RUN");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool show_progress(void *user, size_t done, size_t total) {
    progress *bar = user;
    bar->total = total;
    progress_update(bar, &(progress_values){done, NAN, NAN});
    return true;
}

static size_t count_subjects(const selection *images) {
    size_t subjects = 0;
    bool *seen = calloc(lvk_dataset_subject_count(images->dataset) + 1, sizeof *seen);
    for (size_t i = 0; seen && i < images->count; ++i) {
        bool *mine = &seen[lvk_dataset_image(images->dataset, images->indices[i])->subject];
        subjects += !*mine;
        *mine = true;
    }
    free(seen);
    return subjects;
}

static int print_result(const arguments *a, const lvk_classifier *classifier, const selection *images,
                        const lvk_metrics *metrics, double size_auc) {
    if (a->json) {
        char *text;
        const int status = lvk_metrics_text(metrics, size_auc, &text);
        if (status != LVK_OK)
            return status;
        fputs(text, stdout);
        lvk_text_free(text);
        return LVK_OK;
    }
    char title[256], count[FORMAT_SIZE], subjects[FORMAT_SIZE];
    const lvk_classifier_info *info = lvk_classifier_get_info(classifier);
    snprintf(title, sizeof title, "%s: %s images of %s subjects", a->part ? a->part : a->data,
             format_count(count, metrics->count), format_count(subjects, count_subjects(images)));
    const metrics_subject subject = {title, info->positive_class, info->negative_class, size_auc};
    metrics_print(metrics, &subject);
    return LVK_OK;
}

static int judge(const arguments *a, lvk_classifier *classifier, const selection *images) {
    double *probabilities = calloc(images->count + 1, sizeof *probabilities);
    char *predictions = NULL;
    lvk_metrics metrics;
    double size_auc;
    progress bar;
    progress_begin(&bar, stderr, "Judging", "images", images->count, false);
    int status = probabilities ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_classifier_predict(classifier, images->dataset, images->indices, images->count,
                                        show_progress, &bar, probabilities);
    progress_clear(&bar);
    if (status == LVK_OK)
        status = lvk_classifier_measure(classifier, images->dataset, images->indices, probabilities,
                                        images->count, &metrics, &size_auc);
    if (status == LVK_OK && a->out)
        status = lvk_predictions_format(classifier, images->dataset, images->indices, probabilities,
                                        images->count, "csv", true, &predictions);
    if (status == LVK_OK && a->out)
        status = lvk_text_write(a->out, predictions);
    if (status == LVK_OK)
        status = print_result(a, classifier, images, &metrics, size_auc);
    lvk_text_free(predictions);
    free(probabilities);
    return status;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&device_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, "", documentation, children, NULL, NULL};
    arguments a = {0};
    parse_arguments(&parser, argc, argv, &a);
    if (!a.part && !a.data)
        a.part = "test";
    lvk_device *device = NULL;
    lvk_classifier *classifier = NULL;
    selection images = {0};
    int status = lvk_device_open(&a.device, &device);
    if (status == LVK_OK)
        status = lvk_classifier_open(device, a.model, &a.classifier, &classifier);
    if (status == LVK_OK)
        status = a.part ? selection_of_part(&images, a.model, a.part, a.data)
                        : selection_of_labelled(&images, a.data);
    if (status == LVK_OK)
        status = judge(&a, classifier, &images);
    const int exit_status = status == LVK_OK ? EXIT_OK : report_failure(status);
    selection_finish(&images);
    lvk_classifier_close(&classifier);
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_eval;
const verb verb_eval = {"eval", "judge a trained model on images with labels", run};
