/* leukvk eval: how good a model is. */
#include "classify.h"
#include "format.h"
#include "metrics_report.h"
#include "options.h"
#include "verb.h"

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

enum { OPTION_JSON = 256 };
static const struct argp_option options[] = {{"json", OPTION_JSON, NULL, 0, "Print JSON", 0}, {0}};

typedef struct arguments {
    classify_arguments common;
    bool json;
} arguments;

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    (void)text;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->common;
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
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
    snprintf(title, sizeof title, "%s: %s images of %s subjects",
             a->common.part ? a->common.part : a->common.data, format_count(count, metrics->count),
             format_count(subjects, count_subjects(images)));
    const metrics_subject subject = {title, info->positive_class, info->negative_class, size_auc};
    metrics_print(metrics, &subject);
    return LVK_OK;
}

static int write_predictions(const arguments *a, const classify_session *session, const selection *images,
                             const double *probabilities) {
    char *text;
    int status = lvk_predictions_format(session->classifier, images->dataset, images->indices, probabilities,
                                        images->count, "csv", true, &text);
    if (status == LVK_OK)
        status = lvk_text_write(a->common.out, text);
    lvk_text_free(text);
    return status;
}

static int judge(const arguments *a, classify_session *session, const selection *images) {
    double *probabilities;
    lvk_metrics metrics;
    double size_auc;
    int status = classify_run(session, images, "Judging", &probabilities);
    if (status == LVK_OK)
        status = lvk_classifier_measure(session->classifier, images->dataset, images->indices, probabilities,
                                        images->count, &metrics, &size_auc);
    if (status == LVK_OK && a->common.out)
        status = write_predictions(a, session, images, probabilities);
    if (status == LVK_OK)
        status = print_result(a, session->classifier, images, &metrics, size_auc);
    free(probabilities);
    return status;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&classify_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, "", documentation, children, NULL, NULL};
    arguments a = {0};
    parse_arguments(&parser, argc, argv, &a);
    if (!a.common.part && !a.common.data)
        a.common.part = "test";
    classify_session session;
    selection images = {0};
    int status = classify_open(&session, &a.common);
    if (status == LVK_OK)
        status = a.common.part ? selection_of_part(&images, a.common.model, a.common.part, a.common.data)
                               : selection_of_labelled(&images, a.common.data);
    if (status == LVK_OK)
        status = judge(&a, &session, &images);
    const int exit_status = status == LVK_OK ? EXIT_OK : report_failure(status);
    selection_finish(&images);
    classify_close(&session);
    return exit_status;
}

extern const verb verb_eval;
const verb verb_eval = {"eval", "judge a trained model on images with labels", run};
