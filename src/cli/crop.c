/* leukvk crop: the crops that training makes, as files. */
#include "options.h"
#include "ui/format.h"
#include "ui/output.h"
#include "ui/progress.h"
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_MODE = 256, OPTION_SIZE, OPTION_STRICT, OPTION_THREADS };

typedef struct arguments {
    const char *in, *out;
    lvk_dataset_options read_options;
    lvk_crop_options options;
} arguments;

static const struct argp_option options[] = {
    OPTION_HEADING("Data:", GROUP_DATA),
    OPTION_HEADING("Crop:", GROUP_WORK),
    {"mode", OPTION_MODE, "center:N|bbox|none", 0,
     "center:N: the N x N pixels in the middle; bbox: the bounding box of the cell, which is all that is not black, made "
     "square; none: the whole image, made square (center:300)",
     GROUP_WORK},
    {"size", OPTION_SIZE, "S", 0,
     "Resample the crops to S x S pixels, as training does (the size of each crop)", GROUP_WORK},
    {"strict", OPTION_STRICT, NULL, 0,
     "Stop at the first image that cannot be used; without --strict, such images are left out and listed",
     GROUP_DATA},
    {"threads", OPTION_THREADS, "N", 0, "Number of threads (one per processor)", GROUP_DATA},
    {0}};

static const char documentation[] =
    "Crops all images of IN, a data set or any folder of images, as training crops them, and writes the crops as "
    "PNG files to the folder OUT, under the same folders and names. OUT must be empty or not exist; OUT/index.csv "
    "tells where each crop is from. OUT is a data set again: classes, folds and subjects are kept."
    "\v"
    "Examples:\n"
    "  leukvk crop C-NMC_Leukemia cropped --mode center:300\n"
    "  leukvk crop C-NMC_Leukemia boxes --mode bbox --size 224\n"
    "  leukvk crop photographs cells --mode bbox --strict\n"
    "\n"
    "To train on the crops, give leukvk train the option --crop none.\n";

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->read_options;
        return 0;
    case OPTION_MODE:
        option_crop(state, "mode", text);
        a->options.mode = text;
        return 0;
    case OPTION_SIZE:
        a->options.size = (uint32_t)option_count(state, "size", text, 32, 8192);
        return 0;
    case OPTION_STRICT:
        a->read_options.strict = a->options.strict = true;
        return 0;
    case OPTION_THREADS:
        a->read_options.threads = a->options.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case ARGP_KEY_ARG:
        if (a->out)
            argp_failure(state, EXIT_USAGE, 0, "two folders, IN and OUT, not also %s", text);
        *(a->in ? &a->out : &a->in) = text;
        return 0;
    case ARGP_KEY_END:
        if (!a->out)
            argp_failure(state, EXIT_USAGE, 0, "two folders, IN and OUT; leukvk crop --help shows examples");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_left_out(const lvk_dataset *dataset) {
    for (size_t i = 0; i < lvk_dataset_skipped_count(dataset); ++i) {
        const lvk_skipped_info skipped = lvk_dataset_skipped(dataset, i);
        printf("left out: %s: %s\n", shown(skipped.path), shown(skipped.reason));
    }
}

static int write_crops(const lvk_dataset *dataset, arguments *a) {
    progress bar;
    size_t written;
    char text[FORMAT_SIZE];
    progress_begin(&bar, stderr, "Cropping", "images", 0, false);
    a->options.progress = progress_count;
    a->options.progress_user = &bar;
    const int status = lvk_crop_write(dataset, a->out, &a->options, &written);
    progress_clear(&bar);
    if (status != LVK_OK)
        return report_failure(status);
    print_left_out(dataset);
    printf("%s crops in %s; where each is from: %s/index.csv\n", format_count(text, written), shown(a->out),
           shown(a->out));
    return EXIT_OK;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&data_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, "IN OUT", documentation, children, NULL, NULL};
    arguments a = {.read_options = {.allow_classless = true}};
    parse_arguments(&parser, argc, argv, &a);
    int status = lvk_crop_check(a.out, &a.options); /* before the images are read, which takes long */
    if (status != LVK_OK)
        return report_failure(status);
    progress bar;
    progress_begin(&bar, stderr, "Reading", "images", 0, false);
    a.read_options.progress = progress_count;
    a.read_options.progress_user = &bar;
    lvk_dataset *dataset = NULL;
    status = lvk_dataset_create(a.in, &a.read_options, &dataset);
    progress_clear(&bar);
    if (status != LVK_OK)
        return report_mistake(status);
    const int result = write_crops(dataset, &a);
    lvk_dataset_destroy(&dataset);
    return result;
}

extern const verb verb_crop;
const verb verb_crop = {"crop", "write the crops that training uses as PNG files", run};
