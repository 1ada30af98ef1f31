/* leukvk tune-kernels: which kernels are the fastest on this device? */
#include "options.h"
#include "ui/output.h"
#include "ui/progress.h"
#include "ui/table.h"
#include "verb.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char documentation[] =
    "Measures the kernels of each operator on this device, for the shapes that a model has at a batch size, and keeps the "
    "fastest in a file of the cache folder ($XDG_CACHE_HOME/leukvk, or ~/.cache/leukvk). train, predict and eval take their "
    "kernels by it from then on (--tuner off: the first that can run); they never measure by themselves, since other kernels "
    "round differently and the same seed is to give the same bits. A new driver or a new leukvk begins anew. Takes from "
    "seconds on a graphics card to some minutes on a software device; other work on the device spoils the figures."
    "\v"
    "Examples:\n"
    "  leukvk tune-kernels                      for training and predicting with --batch 32\n"
    "  leukvk tune-kernels --batch 8            for another batch size as well\n"
    "  leukvk tune-kernels --show               what was chosen, and the file\n"
    "  leukvk tune-kernels --forget             go back to the first kernel that can run\n";

enum { OPTION_BATCH = 256, OPTION_IMAGE_SIZE, OPTION_MODEL, OPTION_SHOW, OPTION_FORGET };
static const struct argp_option options[] = {
    {"batch", OPTION_BATCH, "N", 0, "Images a step of the training, or at a time when predicting (32)", 1},
    {"image-size", OPTION_IMAGE_SIZE, "N", 0, "Pixels a side, as for train (the model's own)", 1},
    {"model", OPTION_MODEL, "NAME", 0, "Architecture (cnn-gap)", 1},
    {"show", OPTION_SHOW, NULL, 0, "Measure nothing, print what the file holds for this device", 2},
    {"forget", OPTION_FORGET, NULL, 0, "Measure nothing, remove the file", 2},
    {0}};

typedef struct arguments {
    lvk_device_options device;
    lvk_kernel_tuning_options tune;
    bool show, forget;
} arguments;

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->device;
        return 0;
    case OPTION_BATCH:
        a->tune.batch = (uint32_t)option_count(state, "batch", text, 1, 1024);
        return 0;
    case OPTION_IMAGE_SIZE:
        a->tune.image_size = (uint32_t)option_count(state, "image-size", text, 32, 1024);
        return 0;
    case OPTION_MODEL:
        a->tune.model = text;
        return 0;
    case OPTION_SHOW:
        a->show = true;
        return 0;
    case OPTION_FORGET:
        a->forget = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_failure(state, EXIT_USAGE, 0, "takes no arguments, '%s' was given", text);
        return 0;
    case ARGP_KEY_END:
        if (a->show && a->forget)
            argp_failure(state, EXIT_USAGE, 0, "--show or --forget, not both");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Two cells: the operator, and the rest of the call's text. */
static void call_cells(table *t, const char *call) {
    const char *space = strchr(call, ' ');
    const int length = space ? (int)(space - call) : (int)strlen(call);
    table_cell(t, "%.*s", length, call);
    table_cell(t, "%s", space ? space + 1 : "");
}

static int print_table(table *t) {
    const bool printed = table_print(t, stdout);
    table_finish(t);
    if (!printed)
        fputs("leukvk: out of memory\n", stderr);
    return printed ? EXIT_OK : EXIT_FAILED;
}

/* ---- measuring ---- */

typedef struct report {
    table table;
    progress bar;
} report;

static bool add_call(void *user, const lvk_kernel_tuning_event *event) {
    report *r = user;
    for (int i = 0; i < event->candidate_count; ++i) {
        const lvk_kernel_tuning_candidate *c = &event->candidates[i];
        if (i == 0)
            call_cells(&r->table, event->call);
        else
            call_cells(&r->table, "");
        table_cell(&r->table, "%s", c->name);
        table_cell(&r->table, "%s%.*f", c->given_up ? ">" : "", c->seconds < 0.01 ? 3 : 1, 1e3 * c->seconds);
        table_cell(&r->table, "%s", c->chosen ? "*" : "");
    }
    if (event->index < event->count)
        table_rule(&r->table);
    r->bar.total = (uint64_t)event->count;
    progress_update(&r->bar, &(progress_values){(uint64_t)event->index, NAN, NAN});
    return true;
}

static int measure(lvk_device *device, const lvk_kernel_tuning_options *tune) {
    report r = {.table = {0}};
    table_column(&r.table, "operator");
    table_column(&r.table, "shapes {attributes}");
    table_column(&r.table, "kernel");
    table_number_column(&r.table, "ms");
    table_column(&r.table, "");
    progress_begin(&r.bar, stderr, "Measuring", "calls", 0, true);
    const int status = lvk_kernel_tuning_run(device, tune, add_call, &r);
    progress_clear(&r.bar);
    if (status != LVK_OK) {
        table_finish(&r.table);
        return report_mistake(status);
    }
    const int exit_status = print_table(&r.table);
    printf("\n* is taken from now on; > was given up as much slower. Kept in %s\n",
           shown(lvk_kernel_tuning_file(device)));
    return exit_status;
}

/* ---- what is kept ---- */

static int show(const lvk_device *device) {
    const char *path = lvk_kernel_tuning_file(device);
    lvk_kernel_tuning_choice choice;
    table t = {0};
    table_column(&t, "operator");
    table_column(&t, "shapes {attributes}");
    table_column(&t, "kernel");
    if (!lvk_kernel_tuning_get(device, 0, &choice)) {
        printf("No choices for %s (%s): each operator takes its first kernel that can run.\n",
               lvk_device_get_info(device)->name, path ? path : "no cache folder");
        return EXIT_OK;
    }
    for (size_t i = 0; lvk_kernel_tuning_get(device, i, &choice); ++i) {
        call_cells(&t, choice.call);
        table_cell(&t, "%s", choice.candidate);
    }
    const int exit_status = print_table(&t);
    printf("\nKept in %s\n", shown(path));
    return exit_status;
}

static int forget(const lvk_device *device) {
    bool removed;
    const int status = lvk_kernel_tuning_forget(device, &removed);
    if (status != LVK_OK)
        return report_failure(status);
    if (removed)
        printf("removed %s\n", shown(lvk_kernel_tuning_file(device)));
    else
        printf("there was nothing to remove for %s\n", lvk_device_get_info(device)->name);
    return EXIT_OK;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&device_argp, 0, NULL, 10}, {0}};
    static const struct argp parser = {options, parse_option, "", documentation, children, NULL, NULL};
    arguments a = {.tune = {0}};
    parse_arguments(&parser, argc, argv, &a);
    a.device.no_tuning = !a.show; /* a file that is to be replaced need not be complained about */
    lvk_device *device;
    const int status = option_device_open(&a.device, &device);
    if (status != LVK_OK)
        return report_failure(status);
    const int exit_status = a.show ? show(device) : a.forget ? forget(device) : measure(device, &a.tune);
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_tune_kernels;
const verb verb_tune_kernels = {"tune-kernels", "find the fastest kernels for a device", run};
