/* leukvk augment: a picture of what augmentation makes of cells. */
#include "options.h"
#include "ui/output.h"
#include "ui/progress.h"
#include "verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    OPTION_PREVIEW = 256,
    OPTION_CELLS,
    OPTION_VIEWS,
    OPTION_SHIFT,
    OPTION_ZOOM,
    OPTION_COLOR,
    OPTION_STAIN,
    OPTION_CROP,
    OPTION_SIZE,
    OPTION_SEED,
    OPTION_THREADS
};

typedef struct arguments {
    const char *folder, *preview;
    lvk_dataset_options read_options;
    lvk_sheet_options options;
} arguments;

static const struct argp_option options[] = {
    OPTION_HEADING("Data:", GROUP_DATA),
    OPTION_HEADING("Augmentation:", GROUP_WORK),
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"preview", OPTION_PREVIEW, "FILE.png", 0, "Picture to write", GROUP_OUTPUT},
    {"cells", OPTION_CELLS, "N", 0, "Number of cells, one per row (6)", GROUP_DATA},
    {"views", OPTION_VIEWS, "N", 0, "Number of augmented views of each cell (6)", GROUP_OUTPUT},
    {"crop", OPTION_CROP, "center:N|bbox|none", 0, "Crop, as in training (center:300)", GROUP_DATA},
    {"shift", OPTION_SHIFT, "X", 0, "Shift images at random by at most X times the crop's size; 0 to 0.5 (0)",
     GROUP_WORK},
    {"zoom", OPTION_ZOOM, "X", 0, "Scale images at random, by a factor from 1/(1 + X) to 1 + X; 0 to 1 (0)",
     GROUP_WORK},
    {"color", OPTION_COLOR, "X", 0,
     "Change brightness, contrast, saturation and channels at random, as training does; 0 to 0.5 (0)",
     GROUP_WORK},
    {"stain", OPTION_STAIN, "X", 0,
     "Change the optical density of each channel at random, as another stain or lamp would; 0 to 0.5 (0.5)",
     GROUP_WORK},
    {"size", OPTION_SIZE, "S", 0,
     "Height and width of a view in pixels (224, as for the models cnn and resnet50)", GROUP_OUTPUT},
    {"seed", OPTION_SEED, "N", 0, "Random seed of the choice of cells and of the augmentation (1)",
     GROUP_WORK},
    {"threads", OPTION_THREADS, "N", 0, "Number of threads that read images (one per processor)", GROUP_DATA},
    {0}};

static const char documentation[] =
    "Draws cells of a data set as training augments them. Each row is one cell: first its crop without "
    "augmentation, then what the network sees of it in epochs 1, 2, ... of leukvk train with the same --seed, "
    "--crop, --shift, --zoom, --color and --stain."
    "\v"
    "Examples:\n"
    "  leukvk augment C-NMC_Leukemia --preview augmented.png\n"
    "  leukvk augment my-cells --preview a.png --cells 10 --views 8 --crop bbox\n"
    "  leukvk augment my-cells --preview a.png --shift 0.05 --zoom 0.1\n"
    "\n"
    "Only the picture is written: training augments images while it reads them.\n";

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->read_options;
        return 0;
    case OPTION_PREVIEW:
        a->preview = option_png(state, "preview", text);
        return 0;
    case OPTION_CELLS:
        a->options.cells = (uint32_t)option_count(state, "cells", text, 1, 100);
        return 0;
    case OPTION_VIEWS:
        a->options.views = (uint32_t)option_count(state, "views", text, 1, 100);
        return 0;
    case OPTION_CROP:
        option_crop(state, "crop", text);
        a->options.crop = text;
        return 0;
    case OPTION_SHIFT:
        a->options.shift = option_number(state, "shift", text);
        return 0;
    case OPTION_ZOOM:
        a->options.zoom = option_number(state, "zoom", text);
        return 0;
    case OPTION_COLOR:
        a->options.color = option_number(state, "color", text);
        return 0;
    case OPTION_STAIN:
        a->options.stain = option_number(state, "stain", text);
        return 0;
    case OPTION_SIZE:
        a->options.side = (uint32_t)option_count(state, "size", text, 32, 1024);
        return 0;
    case OPTION_SEED:
        a->options.seed = option_count(state, "seed", text, 0, INT64_MAX);
        return 0;
    case OPTION_THREADS:
        a->options.threads = a->read_options.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case ARGP_KEY_ARG:
        if (a->folder)
            argp_failure(state, EXIT_USAGE, 0, "one folder at a time, not also %s", text);
        a->folder = text;
        return 0;
    case ARGP_KEY_END:
        if (!a->folder)
            argp_failure(state, EXIT_USAGE, 0, "which folder? leukvk augment --help shows examples");
        if (!a->preview)
            argp_failure(state, EXIT_USAGE, 0, "which picture is to be written? --preview FILE.png");
        if (lvk_sheet_views_check(&a->options) != LVK_OK)
            argp_failure(state, EXIT_USAGE, 0, "%s", lvk_error_message());
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&data_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, "DATA", documentation, children, NULL, NULL};
    arguments a = {.options = {.seed = 1, .stain = lvk_train_defaults().stain}};
    parse_arguments(&parser, argc, argv, &a);
    output_check("preview", a.preview, &a.folder, 1);
    progress bar;
    progress_begin(&bar, stderr, "Reading", "images", 0, false);
    a.read_options.progress = progress_count;
    a.read_options.progress_user = &bar;
    lvk_dataset *dataset = NULL;
    int status = lvk_dataset_create(a.folder, &a.read_options, &dataset);
    progress_clear(&bar);
    if (status == LVK_ERROR_ARGUMENT)
        return report_mistake(status);
    if (status == LVK_OK)
        status = lvk_sheet_write_views(dataset, &a.options, a.preview);
    lvk_dataset_destroy(&dataset);
    if (status != LVK_OK)
        return report_failure(status);
    printf("Cells and views drawn with seed %" PRIu64 ": %s\n", a.options.seed, shown(a.preview));
    return EXIT_OK;
}

extern const verb verb_augment;
const verb verb_augment = {"augment", "draw augmented cells as training sees them", run};
