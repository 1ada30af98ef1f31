/* leukvk predict: probabilities of images. */
#include "format.h"
#include "options.h"
#include "progress.h"
#include "selection.h"
#include "verb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char documentation[] =
    "Classifies images with a trained model. Files and folders (with all images below them) may be given, or --part takes a "
    "part of the run's own data set. Images that cannot be read are named, the others are classified, and the exit status is 1."
    "\v"
    "Examples:\n"
    "  leukvk predict --model runs/RUN cell1.bmp cell2.png\n"
    "  leukvk predict --model runs/RUN cells/ --format csv --out predictions.csv\n"
    "  leukvk predict --model runs/RUN --part test --format json\n"
    "\n"
    "CSV has the columns path,p_all,class: the probability of the positive class, here 'all', and the class that it means "
    "(above 0.5). For research and teaching; not a medical device.\n";

enum {
    OPTION_MODEL = 256,
    OPTION_FORMAT,
    OPTION_OUT,
    OPTION_PART,
    OPTION_DATA,
    OPTION_BATCH,
    OPTION_THREADS
};

static const struct argp_option options[] = {
    {"model", OPTION_MODEL, "PATH", 0, "A run folder, a model.safetensors or a checkpoint", 0},
    {"format", OPTION_FORMAT, "table|csv|json", 0, "How to print (table)", 0},
    {"out", OPTION_OUT, "FILE", 0, "Write into a file", 0},
    {"part", OPTION_PART, "PART", 0,
     "train, validation, test or preliminary images of the run, in place of files", 0},
    {"data", OPTION_DATA, "DIR", 0, "With --part: where the run's data set lies now", 0},
    {"batch", OPTION_BATCH, "N", 0, "Images at a time (32)", 0},
    {"threads", OPTION_THREADS, "N", 0, "Threads that read images (as many as processors)", 0},
    {0}};

typedef struct arguments {
    lvk_device_options device;
    lvk_classifier_options classifier;
    const char *model, *format, *out, *part, *data;
    const char **paths;
    size_t path_count;
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
    case OPTION_FORMAT:
        if (strcmp(text, "table") != 0 && strcmp(text, "csv") != 0 && strcmp(text, "json") != 0)
            argp_failure(state, EXIT_USAGE, 0, "--format %s: table, csv or json", text);
        a->format = text;
        return 0;
    case OPTION_OUT:
        a->out = text;
        return 0;
    case OPTION_PART:
        a->part = text;
        return 0;
    case OPTION_DATA:
        a->data = text;
        return 0;
    case OPTION_BATCH:
        a->classifier.batch = (uint32_t)option_count(state, "batch", text, 1, 1024);
        return 0;
    case OPTION_THREADS:
        a->classifier.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case ARGP_KEY_ARGS:
        a->paths = (const char **)state->argv + state->next;
        a->path_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (!a->model)
            argp_failure(state, EXIT_USAGE, 0, "which model? --model runs/RUN");
        if (!a->part == !a->path_count)
            argp_failure(state, EXIT_USAGE, 0, "name images or folders, or --part, and not both");
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

static int print_predictions(const arguments *a, lvk_classifier *classifier, const selection *images) {
    double *probabilities = calloc(images->count + 1, sizeof *probabilities);
    char *text = NULL;
    progress bar;
    progress_begin(&bar, stderr, "Predicting", "images", images->count, false);
    int status = probabilities ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_classifier_predict(classifier, images->dataset, images->indices, images->count,
                                        show_progress, &bar, probabilities);
    progress_clear(&bar);
    if (status == LVK_OK)
        status = lvk_predictions_format(classifier, images->dataset, images->indices, probabilities,
                                        images->count, a->format, false, &text);
    if (status == LVK_OK && a->out)
        status = lvk_text_write(a->out, text);
    else if (status == LVK_OK)
        fputs(text, stdout);
    lvk_text_free(text);
    free(probabilities);
    return status;
}

static int predict(const arguments *a, lvk_device *device) {
    lvk_classifier *classifier = NULL;
    selection images = {0};
    int status = lvk_classifier_open(device, a->model, &a->classifier, &classifier);
    if (status == LVK_OK)
        status = a->part ? selection_of_part(&images, a->model, a->part, a->data)
                         : selection_of_files(&images, a->paths, a->path_count);
    if (status == LVK_OK)
        status = print_predictions(a, classifier, &images);
    const size_t skipped = images.dataset ? lvk_dataset_skipped_count(images.dataset) : 0;
    const int exit_status = status != LVK_OK ? report_failure(status) : skipped ? EXIT_FAILED : EXIT_OK;
    if (status == LVK_OK && a->out)
        fprintf(stderr, "%zu predictions in %s\n", images.count, a->out);
    selection_finish(&images);
    lvk_classifier_close(&classifier);
    return exit_status;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&device_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, "[IMAGE OR FOLDER]...", documentation, children,
                                       NULL,    NULL};
    arguments a = {.format = "table"};
    parse_arguments(&parser, argc, argv, &a);
    lvk_device *device;
    const int status = lvk_device_open(&a.device, &device);
    if (status != LVK_OK)
        return report_failure(status);
    const int exit_status = predict(&a, device);
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_predict;
const verb verb_predict = {"predict", "classify images with a trained model", run};
