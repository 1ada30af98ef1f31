/* leukvk synth: a data set of drawn cells. */
#include "options.h"
#include "ui/format.h"
#include "ui/output.h"
#include "ui/progress.h"
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_CLASSES = 256,
    OPTION_IMAGES,
    OPTION_SUBJECTS,
    OPTION_SEED,
    OPTION_SIZE,
    OPTION_FORMAT,
    OPTION_THREADS
};

typedef struct arguments {
    const char *folder;
    lvk_synth_options options;
} arguments;

static const struct argp_option options[] = {
    OPTION_HEADING("Data:", GROUP_DATA),
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"classes", OPTION_CLASSES, "N", 0,
     "Number of classes, 2 to 6; with more than two, each class is a folder with a folder for each subject (2)",
     GROUP_DATA},
    {"images", OPTION_IMAGES, "N", 0, "Number of images (600)", GROUP_DATA},
    {"subjects", OPTION_SUBJECTS, "N", 0, "Number of subjects, as many in each class (24)", GROUP_DATA},
    {"seed", OPTION_SEED, "N", 0, "Random seed (0)", GROUP_DATA},
    {"size", OPTION_SIZE, "N", 0, "Height and width of the images in pixels (450)", GROUP_DATA},
    {"format", OPTION_FORMAT, "bmp|png", 0,
     "bmp: as in the original data set, 0.6 MB per image; png: smaller files (bmp)", GROUP_OUTPUT},
    {"threads", OPTION_THREADS, "N", 0, "Number of threads that draw (one per processor)", GROUP_DATA},
    {0}};

static const char documentation[] =
    "Draws a data set that is laid out like C-NMC 2019: training folds, and a preliminary part with its table of "
    "labels. It is written to the folder OUT, which must be empty or not exist. The cells are drawings: what a "
    "model learns from them says nothing about blood."
    "\v"
    "Examples:\n"
    "  leukvk synth samples\n"
    "  leukvk synth samples --images 2000 --subjects 60 --format png --seed 7\n"
    "  leukvk synth samples --classes 4    Benign, Early, Pre and Pro\n";

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case OPTION_CLASSES:
        a->options.classes = (uint32_t)option_count(state, "classes", text, 2, LVK_SYNTH_MOST_CLASSES);
        return 0;
    case OPTION_IMAGES:
        a->options.images = (uint32_t)option_count(state, "images", text, 16, 1000000);
        return 0;
    case OPTION_SUBJECTS:
        a->options.subjects = (uint32_t)option_count(state, "subjects", text, 8, 2000);
        return 0;
    case OPTION_SEED:
        a->options.seed = option_count(state, "seed", text, 0, INT64_MAX);
        return 0;
    case OPTION_SIZE:
        a->options.size = (uint32_t)option_count(state, "size", text, 64, 1024);
        return 0;
    case OPTION_FORMAT:
        if (strcmp(text, "bmp") != 0 && strcmp(text, "png") != 0)
            argp_failure(state, EXIT_USAGE, 0, "--format %s: must be bmp or png", text);
        a->options.format = *text == 'p' ? LVK_SYNTH_PNG : LVK_SYNTH_BMP;
        return 0;
    case OPTION_THREADS:
        a->options.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case ARGP_KEY_ARG:
        if (a->folder)
            argp_failure(state, EXIT_USAGE, 0, "one folder at a time, not also %s", text);
        a->folder = text;
        return 0;
    case ARGP_KEY_END:
        if (!a->folder)
            argp_failure(state, EXIT_USAGE, 0, "into which folder? leukvk synth --help shows examples");
        if (lvk_synth_check(&a->options) != LVK_OK)
            argp_failure(state, EXIT_USAGE, 0, "%s", lvk_error_message());
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(int argc, char **argv) {
    static const struct argp parser = {options, parse_option, "OUT", documentation, NULL, NULL, NULL};
    arguments a = {0};
    parse_arguments(&parser, argc, argv, &a);
    progress bar;
    progress_begin(&bar, stderr, "Drawing", "images", 0, false);
    a.options.progress = progress_count;
    a.options.progress_user = &bar;
    const int status = lvk_synth_write(a.folder, &a.options);
    progress_clear(&bar);
    if (status != LVK_OK)
        return report_failure(status);
    char text[FORMAT_SIZE];
    printf("%s drawn cells in %s\n", format_count(text, a.options.images ? a.options.images : 600),
           shown(a.folder));
    return EXIT_OK;
}

extern const verb verb_synth;
const verb verb_synth = {"synth", "draw a data set of cells to try the program with", run};
