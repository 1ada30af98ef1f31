#include "classify.h"

#include "options.h"
#include "progress.h"
#include "verb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPTION_MODEL = 2048, OPTION_PART, OPTION_DATA, OPTION_OUT, OPTION_BATCH, OPTION_TTA, OPTION_THREADS };

static const struct argp_option options[] = {
    {"model", OPTION_MODEL, "PATH", 0, "A run folder, a model.safetensors or a checkpoint", 1},
    {"part", OPTION_PART, "PART", 0, "train, validation, test or preliminary images of the model's run", 1},
    {"data", OPTION_DATA, "DIR", 0, "With --part: where the run's data set lies now", 1},
    {"out", OPTION_OUT, "FILE", 0, "Write the predictions into a file", 1},
    {"batch", OPTION_BATCH, "N", 0, "Images at a time (32)", 5},
    {"tta", OPTION_TTA, "N", 0,
     "Test-time averaging: the mean over N of the eight ways an image can lie, quarter turns and mirrored (1)",
     5},
    {"threads", OPTION_THREADS, "N", 0, "Threads that read images (as many as processors)", 5},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state) {
    classify_arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->device;
        state->child_inputs[1] = &a->device;
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
    case OPTION_OUT:
        a->out = text;
        return 0;
    case OPTION_BATCH:
        a->classifier.batch = (uint32_t)option_count(state, "batch", text, 1, 1024);
        return 0;
    case OPTION_TTA:
        a->classifier.views = (uint32_t)option_count(state, "tta", text, 1, 8);
        return 0;
    case OPTION_THREADS:
        a->classifier.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case ARGP_KEY_END:
        if (!a->model && !a->model_optional)
            argp_failure(state, EXIT_USAGE, 0, "which model? --model runs/RUN");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&device_argp, 0, NULL, 10}, {&tuner_argp, 0, NULL, 10}, {0}};
const struct argp classify_argp = {options, parse_option, NULL, NULL, children, NULL, NULL};

int classify_open(classify_session *session, const classify_arguments *a) {
    *session = (classify_session){0};
    const int status = lvk_device_open(&a->device, &session->device);
    return status == LVK_OK
               ? (int)lvk_classifier_open(session->device, a->model, &a->classifier, &session->classifier)
               : status;
}

void classify_close(classify_session *session) {
    lvk_classifier_close(&session->classifier);
    lvk_device_close(&session->device);
}

static bool show_progress(void *user, size_t done, size_t total) {
    progress *bar = user;
    bar->total = total;
    progress_update(bar, &(progress_values){done, NAN, NAN});
    return true;
}

int classify_run(classify_session *session, const selection *images, const char *title,
                 lvk_prediction **rows) {
    progress bar;
    *rows = calloc(images->count + 1, sizeof **rows);
    if (!*rows) {
        fprintf(stderr, "leukvk: out of memory\n");
        exit(EXIT_FAILED);
    }
    progress_begin(&bar, stderr, title, "images", images->count, false);
    const int status = lvk_classifier_predict(session->classifier, images->dataset, images->indices,
                                              images->count, show_progress, &bar, *rows);
    progress_clear(&bar);
    return status;
}

int classify_write(const classify_session *session, const lvk_prediction *rows, size_t count,
                   lvk_prediction_options how, const char *path) {
    const lvk_classifier_info *info = lvk_classifier_get_info(session->classifier);
    char *text = NULL;
    how.positive_class = info->positive_class;
    how.negative_class = info->negative_class;
    int status = lvk_predictions_text(rows, count, &how, &text);
    if (status == LVK_OK && path)
        status = lvk_text_write(path, text);
    else if (status == LVK_OK)
        fputs(text, stdout);
    lvk_text_free(text);
    return status;
}
