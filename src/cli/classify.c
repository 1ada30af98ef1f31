#include "classify.h"

#include "options.h"
#include "ui/memory.h"
#include "ui/output.h"
#include "ui/progress.h"
#include "ui/quiet.h"
#include "verb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_MODEL = 2048, OPTION_PART, OPTION_DATA, OPTION_OUT, OPTION_BATCH, OPTION_TTA, OPTION_THREADS };

static const struct argp_option options[] = {
    OPTION_HEADING("Data:", GROUP_DATA),
    OPTION_HEADING("Model:", GROUP_MODEL),
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"model", OPTION_MODEL, "PATH", 0,
     "Trained model: a run folder, a model.safetensors or a checkpoint; given several times, the probabilities of the models "
     "are averaged",
     GROUP_MODEL},
    {"part", OPTION_PART, "PART", 0,
     "Take this part of the data set of the model's run: train, validation, test or preliminary; eval also takes all",
     GROUP_DATA},
    {"data", OPTION_DATA, "DATA", 0,
     "Where the data set of the run, a folder or a table, is now; without --part, take the images of DATA, eval those with "
     "labels",
     GROUP_DATA},
    {"out", OPTION_OUT, "FILE", 0, "Write the predictions to FILE; -: to standard output", GROUP_OUTPUT},
    {"batch", OPTION_BATCH, "N", 0, "Batch size (32)", GROUP_WORK},
    {"tta", OPTION_TTA, "N", 0,
     "Test-time augmentation: average the probabilities of N of the eight orientations of each image, which are rotations by "
     "90 degrees and their mirror images (1)",
     GROUP_WORK},
    {"threads", OPTION_THREADS, "N", 0, "Number of threads that read images (one per processor)", GROUP_DATA},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state) {
    classify_arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->device;
        state->child_inputs[1] = &a->device;
        state->child_inputs[2] = &a->reading;
        return 0;
    case OPTION_MODEL:
        if (a->model_count == CLASSIFY_MAX_MODELS)
            argp_failure(state, EXIT_USAGE, 0, "--model: at most %d", CLASSIFY_MAX_MODELS);
        a->models[a->model_count++] = text;
        return 0;
    case OPTION_PART:
        a->part = text;
        return 0;
    case OPTION_DATA:
        a->data = text;
        return 0;
    case OPTION_OUT:
        a->out = output_path(text);
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
        if (!a->model_count && !a->model_optional)
            argp_failure(state, EXIT_USAGE, 0, "which model? --model runs/RUN");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&device_argp, 0, NULL, 0}, {&tuner_argp, 0, NULL, 0}, {&data_argp, 0, NULL, 0}, {0}};
const struct argp classify_argp = {options, parse_option, NULL, NULL, children, NULL, NULL};

/* On standard error, so that what is printed can be read on by programs. */
static void show_calibration(const lvk_classifier_info *info) {
    if (quiet_is_set())
        return;
    if (info->temperature != 1)
        fprintf(stderr, "%s: temperature %.4g\n", shown(info->path), info->temperature);
    char joined[LVK_MOST_CLASSES * 256];
    if (info->positive) {
        lvk_classes_join_names(info->class_names, info->class_count, info->positive, true, joined,
                               sizeof joined);
        fprintf(stderr, "%s: threshold %.4g of %s\n", shown(info->path), info->threshold, shown(joined));
    } else if (info->threshold != LVK_THRESHOLD) {
        fprintf(stderr, "%s: threshold %.4g\n", shown(info->path), info->threshold);
    }
}

static bool has_same_joined(const classify_session *session, const lvk_classifier_info *info) {
    return session->has_joined == (info->positive != NULL) &&
           (!info->positive ||
            memcmp(session->joined, info->positive, info->class_count * sizeof *info->positive) == 0);
}

/* Opens model `m` in the place of the one before. */
static int open_model(classify_session *session, int m) {
    lvk_classifier_close(&session->classifier);
    return lvk_classifier_open(session->device, session->arguments->models[m], &session->options,
                               &session->classifier);
}

static int open_first(classify_session *session) {
    const int status = open_model(session, 0);
    if (status != LVK_OK)
        return status;
    const lvk_classifier_info *info = lvk_classifier_get_info(session->classifier);
    snprintf(session->positive, sizeof session->positive, "%s", info->positive_class);
    snprintf(session->negative, sizeof session->negative, "%s", info->negative_class);
    session->class_count = info->class_count;
    for (uint32_t k = 0; k < info->class_count; ++k) {
        snprintf(session->classes[k], sizeof session->classes[k], "%s", info->class_names[k]);
        session->class_names[k] = session->classes[k];
    }
    session->threshold = info->threshold;
    session->has_joined = info->positive != NULL;
    if (info->positive)
        memcpy(session->joined, info->positive, info->class_count * sizeof *info->positive);
    return LVK_OK;
}

int classify_open(classify_session *session, const classify_arguments *a) {
    *session = (classify_session){
        .arguments = a, .options = a->classifier, .same_threshold = true, .same_joined = true};
    session->options.evaluated = a->evaluated || a->part;
    int status = option_device_open(&a->device, &session->device);
    if (status != LVK_OK)
        return status;
    option_device_tell(&a->device, session->device);
    return open_first(session);
}

int classify_take_refit(classify_session *session) {
    session->options.evaluated = false; /* of the others too, when their turn comes */
    return lvk_classifier_get_info(session->classifier)->has_refit ? open_first(session) : LVK_OK;
}

int classify_find_unknowing(classify_session *session, const char **model) {
    const int models = session->arguments->model_count;
    int status = LVK_OK;
    *model = NULL;
    for (int m = 0; m < models && status == LVK_OK && !*model; ++m) {
        if (m > 0)
            status = open_model(session, m);
        if (status == LVK_OK && !lvk_classifier_get_info(session->classifier)->knows_novelty)
            *model = session->arguments->models[m];
    }
    return status == LVK_OK && models > 1 ? open_model(session, 0) : status;
}

void classify_close(classify_session *session) {
    free(session->probabilities);
    lvk_classifier_close(&session->classifier);
    lvk_device_close(&session->device);
}

/* All labelled images, or the test part of them where a model was trained on the rest. */
static int select_labelled(const classify_arguments *a, selection *images) {
    int status = a->all ? selection_of_run(images, a->models[0], a->data, &a->reading)
                        : selection_of_data(images, a->models[0], a->data, &a->reading, true);
    for (int m = 0; m < a->model_count && status == LVK_OK; ++m)
        status = selection_leave_trained(images, a->models[m], a->all);
    return status;
}

int classify_select(const classify_arguments *a, selection *images) {
    if (a->all || !a->part)
        return select_labelled(a, images);
    int status = selection_of_part(images, a->models[0], a->part, a->data, &a->reading);
    for (int m = 1; m < a->model_count && status == LVK_OK; ++m)
        status = selection_check_part(images, a->models[m], a->part);
    return status;
}

static bool show_progress(void *user, size_t done, size_t total) {
    progress *bar = user;
    bar->total = total;
    progress_update(bar, &(progress_values){done, NAN, NAN});
    return true;
}

static bool has_same_classes(const classify_session *session, const lvk_classifier_info *info) {
    bool same = info->class_count == session->class_count &&
                strcmp(info->positive_class, session->positive) == 0 &&
                strcmp(info->negative_class, session->negative) == 0;
    for (uint32_t k = 0; k < session->class_count && same; ++k)
        same = strcmp(info->class_names[k], session->classes[k]) == 0;
    return same;
}

static void print_classes(const lvk_classifier_info *info) {
    if (info->class_count == 0)
        fprintf(stderr, "%s and %s", shown(info->negative_class), shown(info->positive_class));
    for (uint32_t k = 0; k < info->class_count; ++k)
        fprintf(stderr, "%s%s", k ? ", " : "", shown(info->class_names[k]));
}

/* Opens model `m` in the place of the one before. Calibrations that differ from the first model's are noted. */
static int change_model(classify_session *session, int m) {
    const classify_arguments *a = session->arguments;
    const int status = open_model(session, m);
    if (status != LVK_OK)
        return status;
    const lvk_classifier_info *info = lvk_classifier_get_info(session->classifier);
    session->same_threshold = session->same_threshold && info->threshold == session->threshold;
    session->same_joined = session->same_joined && has_same_joined(session, info);
    if (has_same_classes(session, info))
        return LVK_OK;
    lvk_classifier_info first = *info;
    first.positive_class = session->positive;
    first.negative_class = session->negative;
    first.class_count = session->class_count;
    first.class_names = session->class_names;
    fprintf(stderr, "leukvk: %s: its classes are ", shown(info->path));
    print_classes(info);
    fprintf(stderr, ", those of %s are ", shown(a->models[0]));
    print_classes(&first);
    fputc('\n', stderr);
    exit(EXIT_FAILED);
}

typedef struct novelty_sum {
    double sum, most;
    const char *cause;
} novelty_sum;

/* Makes rows of two classes of those of all, as calibration has joined them. */
static void join(classify_session *session, lvk_prediction *rows, size_t count) {
    const uint32_t classes = session->class_count;
    lvk_predictions_join(rows, count, classes, session->joined, rows);
    lvk_classes_join_names(session->class_names, classes, session->joined, true, session->positive,
                           sizeof session->positive);
    lvk_classes_join_names(session->class_names, classes, session->joined, false, session->negative,
                           sizeof session->negative);
    session->class_count = 0;
}

/* The novelty that a model gives is added to that of the models before. The cause is that of the largest. */
static void add_novelty(classify_session *session, size_t count, const lvk_prediction *rows,
                        novelty_sum *sums) {
    const lvk_classifier_info *info = lvk_classifier_get_info(session->classifier);
    if (!info->knows_novelty)
        return;
    if (session->knowing++ == 0)
        session->usual_area = info->usual_area;
    for (size_t i = 0; i < count; ++i) {
        if (rows[i].novelty > sums[i].most) {
            sums[i].most = rows[i].novelty;
            sums[i].cause = rows[i].novelty_cause;
        }
        sums[i].sum += rows[i].novelty;
    }
}

int classify_run(classify_session *session, const selection *images, const char *title,
                 lvk_prediction **rows) {
    const int models = session->arguments->model_count;
    const uint32_t classes = session->class_count, width = classes ? classes : 1;
    double *sums = allocate(images->count * width, sizeof *sums);
    novelty_sum *novelty = allocate(images->count, sizeof *novelty);
    int status = LVK_OK;
    *rows = allocate(images->count, sizeof **rows);
    for (int m = 0; m < models && status == LVK_OK; ++m) {
        progress bar;
        if (m > 0)
            status = change_model(session, m);
        if (status != LVK_OK)
            break;
        show_calibration(lvk_classifier_get_info(session->classifier));
        progress_begin(&bar, stderr, title, "images", images->count, false);
        status = lvk_classifier_predict(session->classifier, images->dataset, images->indices, images->count,
                                        show_progress, &bar, *rows);
        progress_clear(&bar);
        for (size_t i = 0; status == LVK_OK && i < images->count; ++i)
            for (uint32_t k = 0; k < width; ++k)
                sums[i * width + k] += classes ? (*rows)[i].probabilities[k] : (*rows)[i].p;
        if (status == LVK_OK)
            add_novelty(session, images->count, *rows, novelty);
    }
    if (!session->same_threshold) {
        session->threshold = LVK_THRESHOLD;
        fprintf(stderr, "the models have different thresholds: %g is used where none is given\n",
                LVK_THRESHOLD);
    }
    if (!session->same_joined) {
        session->has_joined = false;
        fprintf(stderr, "the models join different classes: none are joined\n");
    }
    for (size_t i = 0; i < images->count * width; ++i)
        sums[i] = lvk_prediction_round(sums[i] / models);
    for (size_t i = 0; i < images->count; ++i) {
        const double *p = sums + i * width;
        (*rows)[i].p = p[classes ? lvk_class_called(p, classes) : 0];
        (*rows)[i].probabilities = classes ? p : NULL;
        (*rows)[i].novelty = session->knowing ? novelty[i].sum / session->knowing : 0;
        (*rows)[i].novelty_cause = novelty[i].cause;
    }
    free(novelty);
    free(session->probabilities);
    session->probabilities = sums;
    if (session->has_joined && !session->arguments->keep_classes)
        join(session, *rows, images->count);
    return status;
}

lvk_prediction_options classify_options(const classify_session *session) {
    return (lvk_prediction_options){.negative_class = session->negative,
                                    .positive_class = session->positive,
                                    .threshold = session->threshold,
                                    .class_count = session->class_count,
                                    .class_names = session->class_names};
}

int classify_write(const lvk_prediction *rows, size_t count, const lvk_prediction_options *how,
                   const char *path) {
    char *text = NULL;
    int status = lvk_predictions_text(rows, count, how, &text);
    if (status == LVK_OK)
        status = output_write(path, text);
    lvk_text_free(text);
    return status;
}
