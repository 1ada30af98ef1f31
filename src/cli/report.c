/* leukvk report: the page, the model card and the figures of a training. */
#include "options.h"
#include "report_png.h"
#include "ui/output.h"
#include "verb.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char documentation[] =
    "Writes a report of a run, a cross-validation or a search, whose folder is RUN: a page of HTML in one file, which "
    "needs no network (report.html), a model card (model-card.md) and the figures as SVG and PNG (figures/), all in the folder. "
    "The page begins with a summary in plain words. It has counts, learning curves, scores with intervals beside the "
    "baselines, a threshold to move, ROC, precision and recall, reliability, a decision curve, a line for each person, the cells "
    "that are classified worst and best with what the model looked at in them, and all settings."
    "\v"
    "Examples:\n"
    "  leukvk report runs/RUN\n"
    "  leukvk report runs/cv runs/grid\n"
    "  leukvk report runs/RUN --out report.html\n"
    "\n"
    "With --out FILE.html the model card is FILE-model-card.md and the figures are in FILE-figures/. Pictures of cells "
    "are read from the data set, if it is still there. The same folder gives the same bytes on the same device.\n";

enum { OPTION_OUT = 256, OPTION_NO_HEAT, MOST_FOLDERS = 256 };
static const struct argp_option options[] = {
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"out", OPTION_OUT, "FILE.html", 0, "Page to write, of one RUN (RUN/report.html)", GROUP_OUTPUT},
    {"no-heat-maps", OPTION_NO_HEAT, NULL, 0,
     "Leave out what the model looked at in the cells that are shown; then no device is needed",
     GROUP_OUTPUT},
    {0}};

typedef struct arguments {
    const char *folders[MOST_FOLDERS];
    size_t count;
    const char *out;
    bool no_heat;
    lvk_device_options device;
} arguments;

static bool is_page(const char *path) {
    const size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".html") == 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->device;
        return 0;
    case OPTION_NO_HEAT:
        a->no_heat = true;
        return 0;
    case OPTION_OUT:
        if (!is_page(text))
            argp_failure(state, EXIT_USAGE, 0, "--out %s: the name must end in .html", text);
        a->out = text;
        return 0;
    case ARGP_KEY_ARG:
        if (a->count == MOST_FOLDERS)
            argp_failure(state, EXIT_USAGE, 0, "at most %d folders", MOST_FOLDERS);
        a->folders[a->count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (a->count == 0)
            argp_failure(state, EXIT_USAGE, 0,
                         "which run? give the folder of a run, a cross-validation or a search");
        if (a->out && a->count > 1)
            argp_failure(state, EXIT_USAGE, 0,
                         "--out is for one RUN; without it each report is in its own folder");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int write_reports(const arguments *a, lvk_device *device) {
    for (size_t i = 0; i < a->count; ++i) {
        lvk_report_files files;
        const lvk_status status = lvk_report_write(device, a->folders[i], a->out, &files);
        if (status != LVK_OK)
            return report_mistake(status);
        printf("report: %s\n", shown(files.page));
        printf("model card: %s, figures: %s\n", shown(files.card), shown(files.figures));
        report_write_png(files.figures);
        lvk_report_files_finish(&files);
    }
    return EXIT_OK;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&device_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, "RUN...", documentation, children, NULL, NULL};
    arguments a = {0};
    lvk_device *device = NULL;
    parse_arguments(&parser, argc, argv, &a);
    output_check("out", a.out, NULL, 0);
    const int status = a.no_heat ? LVK_OK : option_device_open(&a.device, &device);
    if (device)
        option_device_tell(&a.device, device);
    const int exit_status = status == LVK_OK ? write_reports(&a, device) : report_failure(status);
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_report;
const verb verb_report = {"report", "write a page with the figures of a training", run};
