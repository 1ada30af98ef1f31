/* leukvk predict: probabilities of images. */
#include "by_subject.h"
#include "classify.h"
#include "novelty_report.h"
#include "options.h"
#include "path_words.h"
#include "ui/output.h"
#include "ui/quiet.h"
#include "verb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char documentation[] =
    "Classifies images with a trained model. Name files, or folders with all images below them; - reads names from "
    "standard input, one per line. Or take a part of the data set of the model's run with --part, or all images of "
    "another data set, such as a table, with --data. Images that cannot be read are named and the others are "
    "classified; the exit status is then 1."
    "\v"
    "Examples:\n"
    "  leukvk predict --model runs/RUN cell1.bmp cell2.png\n"
    "  leukvk predict --model runs/RUN cells/ --out predictions.csv\n"
    "  find cells -name '*.png' | leukvk predict --model runs/RUN -\n"
    "  leukvk predict --model runs/RUN --part test --format json\n"
    "  leukvk predict --model runs/RUN --data cells.csv\n"
    "  leukvk predict --model runs/RUN cells/ --sort sorted    links by class\n"
    "  leukvk predict --model runs/RUN cells/ --by-subject     a line a person\n"
    "\n"
    "The mean of several models:\n"
    "  leukvk predict --model runs/cv/fold-1 --model runs/cv/fold-2 cells/\n"
    "\n"
    "CSV has the columns path,p_all,class,novelty: the probability of the positive class, here 'all'; the predicted "
    "class; and how far the image is from those that the model was trained on: above 1, it is farther than nearly all "
    "cells of other people, a warning names it, and with --strict it has no class. The class is the positive one where "
    "the probability is above 0.5, or above the threshold that leukvk calibrate has chosen. A model of three or more "
    "classes gives path,class,p_CLASS,p_CLASS,...,novelty: the class with the highest probability, and the probability "
    "of each, or what a model of two gives where leukvk calibrate --positive has joined its classes.\n"
    "\n"
    "With --by-subject there is a line for each person: the number of cells, the mean probability, the share of cells "
    "called positive with its 95 % interval (Wilson, as if cells were independent), the class that most cells are "
    "called, and where labels are known how many cells are called right. Images of an unknown person are in no line, "
    "and a warning counts them.\n"
    "\n"
    "For research and teaching; not a medical device.\n";

enum { OPTION_FORMAT = 256, OPTION_SORT, OPTION_BY_SUBJECT, OPTION_STRICT };
static const struct argp_option options[] = {
    OPTION_HEADING("Prediction:", GROUP_WORK),
    {"format", OPTION_FORMAT, "table|csv|json", 0,
     "Format of the predictions (csv or json where the name of --out ends in .csv or .json, else table)",
     GROUP_OUTPUT},
    {"by-subject", OPTION_BY_SUBJECT, NULL, 0, "Write a line for each person in place of one for each image",
     GROUP_OUTPUT},
    {"strict", OPTION_STRICT, NULL, 0,
     "Give images that are unlike those the model was trained on (novelty above 1) no class; the exit status is then 1",
     GROUP_WORK},
    {"sort", OPTION_SORT, "DIR", 0,
     "Make DIR with a folder for each class that images are called, and links to the images in these folders; images with "
     "labels are parted into right and wrong",
     GROUP_OUTPUT},
    {0}};

typedef struct arguments {
    classify_arguments common;
    const char *format, *sort;
    bool by_subject, strict;
    path_words words;
} arguments;

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->common;
        return 0;
    case OPTION_FORMAT:
        if (strcmp(text, "table") != 0 && strcmp(text, "csv") != 0 && strcmp(text, "json") != 0)
            argp_failure(state, EXIT_USAGE, 0, "--format %s: must be table, csv or json", text);
        a->format = text;
        return 0;
    case OPTION_STRICT:
        a->strict = true;
        return 0;
    case OPTION_SORT:
        a->sort = text;
        return 0;
    case OPTION_BY_SUBJECT:
        a->by_subject = true;
        return 0;
    case ARGP_KEY_ARGS:
        path_words_take(&a->words, state->argv + state->next, (size_t)(state->argc - state->next));
        return 0;
    case ARGP_KEY_END:
        if (a->common.model_count &&
            (a->common.part || a->common.data ? a->words.count > 0 : a->words.count == 0))
            argp_failure(state, EXIT_USAGE, 0,
                         "name images or folders, or give --part or --data, but not both");
        if (a->words.count)
            option_refuse(state, (const char *const[]){"columns", NULL}, "is for a table: --data TABLE");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool ends_with(const char *text, const char *ending) {
    const size_t length = strlen(text), least = strlen(ending);
    return length >= least && strcmp(text + length - least, ending) == 0;
}

static const char *format_of(const arguments *a) {
    const char *out = a->common.out ? a->common.out : "";
    return a->format                 ? a->format
           : ends_with(out, ".csv")  ? "csv"
           : ends_with(out, ".json") ? "json"
                                     : "table";
}

static int print_predictions(const arguments *a, const classify_session *session, const selection *images,
                             const lvk_prediction *rows) {
    lvk_prediction_options how = classify_options(session);
    how.novelty = true;
    how.refuse = a->strict;
    int status = lvk_prediction_format_parse(format_of(a), &how.format);
    if (status == LVK_OK && a->by_subject)
        return by_subject_write(rows, images->count, &how, a->common.out);
    if (status == LVK_OK)
        status = classify_write(rows, images->count, &how, a->common.out);
    if (status == LVK_OK && a->common.out && !quiet_is_set())
        fprintf(stderr, "%zu predictions in %s\n", images->count, shown(a->common.out));
    return status;
}

static int sort(const arguments *a, const classify_session *session, const selection *images,
                const lvk_prediction *rows) {
    const lvk_prediction_options names = classify_options(session);
    const int status =
        lvk_sort_images(images->dataset, images->indices, rows, images->count, &names, a->sort);
    if (status == LVK_OK && !quiet_is_set())
        fprintf(stderr, "%zu images sorted into %s\n", images->count, shown(a->sort));
    return status;
}

static int select_images(const arguments *a, selection *images) {
    const classify_arguments *common = &a->common;
    const int status =
        common->part   ? classify_select(common, images)
        : common->data ? selection_of_data(images, common->models[0], common->data, &common->reading, false)
                       : selection_of_files(images, a->by_subject ? common->models[0] : NULL, a->words.paths,
                                            a->words.count, &common->reading);
    if (status == LVK_OK && a->by_subject)
        by_subject_check(images);
    return status;
}

/* Drops rows of images that could not be read any more when their turn came, which have been named, or of those
 * that are given no class. */
static void drop_rows(selection *images, lvk_prediction *rows, bool novel) {
    size_t kept = 0;
    for (size_t i = 0; i < images->count; ++i) {
        if (novel ? lvk_prediction_is_novel(&rows[i]) : isnan(rows[i].p))
            continue;
        rows[kept] = rows[i];
        images->indices[kept++] = images->indices[i];
    }
    images->count = kept;
}

/* With --strict, images that are given no class count for no person and are not sorted. */
static int write_all(const arguments *a, const classify_session *session, selection *images,
                     lvk_prediction *rows) {
    if (a->strict && a->by_subject)
        drop_rows(images, rows, true);
    int status = print_predictions(a, session, images, rows);
    if (a->strict)
        drop_rows(images, rows, true);
    if (status == LVK_OK && a->sort)
        status = sort(a, session, images, rows);
    return status;
}

/* A model that does not know what it was trained on can refuse nothing. */
static int open_session(const arguments *a, classify_session *session) {
    const char *unknowing = NULL;
    int status = classify_open(session, &a->common);
    if (status == LVK_OK && a->strict)
        status = classify_find_unknowing(session, &unknowing);
    if (unknowing) {
        fprintf(
            stderr,
            "leukvk predict: --strict: %s does not know what images it was trained on; train it anew, or resume "
            "its run, which adds that\n",
            shown(unknowing));
        exit(EXIT_FAILED);
    }
    return status;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&classify_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, "[IMAGE OR FOLDER]...", documentation, children,
                                       NULL,    NULL};
    arguments a = {0};
    parse_arguments(&parser, argc, argv, &a);
    output_check("out", a.common.out, a.common.models, (size_t)a.common.model_count);
    output_check("out", a.common.out, a.words.paths, a.words.count);
    output_check("out", a.common.out, &a.common.data, 1);
    a.common.classifier.keep_going = true;
    classify_session session;
    selection images = {0};
    lvk_prediction *rows = NULL;
    if (a.sort && lvk_sort_images_check(a.sort) != LVK_OK) {
        fprintf(stderr, "leukvk predict: --sort %s\n", lvk_error_message());
        return EXIT_USAGE;
    }
    int status = open_session(&a, &session);
    if (status == LVK_OK)
        status = select_images(&a, &images);
    if (status == LVK_OK)
        status = classify_run(&session, &images, "Predicting", &rows);
    const size_t selected = images.count;
    if (status == LVK_OK)
        drop_rows(&images, rows, false);
    bool all = images.count == selected;
    if (status == LVK_OK && novelty_report(&session, rows, images.count, a.strict))
        all = all && !a.strict;
    if (status == LVK_OK)
        status = write_all(&a, &session, &images, rows);
    all = all && status == LVK_OK && lvk_dataset_skipped_count(images.dataset) == 0 &&
          lvk_dataset_unreadable_count(images.dataset) == 0;
    const int exit_status = status != LVK_OK ? report_failure(status) : all ? EXIT_OK : EXIT_FAILED;
    free(rows);
    path_words_finish(&a.words);
    selection_finish(&images);
    classify_close(&session);
    return exit_status;
}

extern const verb verb_predict;
const verb verb_predict = {"predict", "classify images with a trained model", run};
