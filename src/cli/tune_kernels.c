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
    "Measures the kernels of each operator on a device, for the shapes of a model at a batch size, and stores the "
    "fastest in a file of the cache folder ($XDG_CACHE_HOME/leukvk, or ~/.cache/leukvk). From then on, train, "
    "predict and eval use these kernels; with --tuner off they use the default ones. They never measure kernels "
    "themselves: other kernels round differently, and the same seed must give the same bits. With a new driver or "
    "a new leukvk, run it again. It takes seconds on a graphics card and minutes on a processor; other work on "
    "the device falsifies the times."
    "\v"
    "Examples:\n"
    "  leukvk tune-kernels\n"
    "  leukvk tune-kernels --batch 8\n"
    "  leukvk tune-kernels --classes 4\n"
    "  leukvk tune-kernels --show\n"
    "  leukvk tune-kernels --forget\n";

enum { OPTION_BATCH = 256, OPTION_CLASSES, OPTION_IMAGE_SIZE, OPTION_MODEL, OPTION_SHOW, OPTION_FORGET };
static const struct argp_option options[] = {
    OPTION_HEADING("Model:", GROUP_MODEL),
    OPTION_HEADING("Stored kernels:", GROUP_OUTPUT),
    {"batch", OPTION_BATCH, "N", 0, "Batch size of the training or the prediction (32)", GROUP_MODEL},
    {"classes", OPTION_CLASSES, "N", 0, "Classes of the data set or the model (2)", GROUP_MODEL},
    {"image-size", OPTION_IMAGE_SIZE, "N", 0, "Image size in pixels, as for train (that of the model)",
     GROUP_MODEL},
    {"model", OPTION_MODEL, "NAME", 0, "Architecture (cnn-gap)", GROUP_MODEL},
    {"show", OPTION_SHOW, NULL, 0, "Measure nothing; print the kernels that are stored for this device",
     GROUP_OUTPUT},
    {"forget", OPTION_FORGET, NULL, 0, "Measure nothing; remove the stored kernels of this device",
     GROUP_OUTPUT},
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
    case OPTION_CLASSES:
        a->tune.classes = (uint32_t)option_count(state, "classes", text, 2, LVK_MOST_CLASSES);
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
            argp_failure(state, EXIT_USAGE, 0, "give --show or --forget, but not both");
        if (a->show || a->forget)
            option_refuse(state, (const char *const[]){"batch", "classes", "image-size", "model", NULL},
                          "says what is measured; --show and --forget measure nothing");
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

static void print_table(table *t) {
    table_print(t, stdout);
    table_finish(t);
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
    print_table(&r.table);
    printf("\n*: used from now on; >: stopped, since it is much slower. Stored in %s\n",
           shown(lvk_kernel_tuning_file(device)));
    return EXIT_OK;
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
        printf("No choices for %s (%s): the default kernels are used.\n", lvk_device_get_info(device)->name,
               path ? path : "no cache folder");
        return EXIT_OK;
    }
    for (size_t i = 0; lvk_kernel_tuning_get(device, i, &choice); ++i) {
        call_cells(&t, choice.call);
        table_cell(&t, "%s", choice.candidate);
    }
    print_table(&t);
    printf("\nStored in %s\n", shown(path));
    return EXIT_OK;
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
    static const struct argp_child children[] = {{&device_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, NULL, documentation, children, NULL, NULL};
    arguments a = {.tune = {0}};
    parse_arguments(&parser, argc, argv, &a);
    a.device.no_tuning = !a.show; /* a file that is to be replaced need not be complained about */
    lvk_device *device;
    const int status = option_device_open(&a.device, &device);
    if (status != LVK_OK)
        return report_failure(status);
    option_device_tell(&a.device, device);
    const int exit_status = a.show ? show(device) : a.forget ? forget(device) : measure(device, &a.tune);
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_tune_kernels;
const verb verb_tune_kernels = {"tune-kernels", "find the fastest kernels for a device", run};
