/* leukvk: the command line. Finds the verb and hands over; every verb is one file. */
#include "suggest.h"
#include "ui/interrupt.h"
#include "ui/output.h"
#include "ui/quiet.h"
#include "verb.h"

#include "leukvk/app/environment.h"
#include "leukvk/leukvk.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const verb verb_cv, verb_devices, verb_summary, verb_data, verb_train, verb_predict, verb_eval,
    verb_ops, verb_selftest, verb_synth, verb_bench, verb_tune_kernels, verb_import, verb_export,
    verb_augment, verb_crop, verb_tune, verb_calibrate, verb_explain, verb_serve, verb_watch, verb_report;

/* In the order of --help, which prints `heading` above the first verb of a group. */
static const struct {
    const char *heading;
    const verb *verb;
} verbs[] = {{"Data sets", &verb_data},  {NULL, &verb_synth},
             {NULL, &verb_crop},         {NULL, &verb_augment},
             {"Training", &verb_train},  {NULL, &verb_cv},
             {NULL, &verb_tune},         {NULL, &verb_watch},
             {NULL, &verb_import},       {"Trained models", &verb_predict},
             {NULL, &verb_eval},         {NULL, &verb_calibrate},
             {NULL, &verb_explain},      {NULL, &verb_report},
             {NULL, &verb_summary},      {NULL, &verb_serve},
             {NULL, &verb_export},       {"Devices", &verb_devices},
             {NULL, &verb_selftest},     {NULL, &verb_bench},
             {NULL, &verb_tune_kernels}, {NULL, &verb_ops}};
enum { VERB_COUNT = sizeof verbs / sizeof *verbs };

int failure_exit(int status) {
    return status == LVK_ERROR_DEVICE_LOST ? EXIT_DEVICE_LOST
           : status == LVK_ERROR_CANCELLED ? EXIT_INTERRUPTED
                                           : EXIT_FAILED;
}

int report_failure(int status) {
    fprintf(stderr, "leukvk: %s\n", shown(lvk_error_line(status)));
    return failure_exit(status);
}

int report_mistake(int status) {
    const int exit_status = report_failure(status);
    return status == LVK_ERROR_ARGUMENT ? EXIT_USAGE : exit_status;
}

static void print_help(FILE *out) {
    fputs("leukvk trains, evaluates and runs image classifiers for acute lymphoblastic\n"
          "leukaemia, on graphics cards through Vulkan or on the processor.\n"
          "\n"
          "usage: leukvk VERB [ARGUMENTS]\n",
          out);
    for (int i = 0; i < VERB_COUNT; ++i) {
        if (verbs[i].heading)
            fprintf(out, "\n%s:\n", verbs[i].heading);
        fprintf(out, "  %-13s %s\n", verbs[i].verb->name, verbs[i].verb->summary);
    }
    fputs("\n"
          "leukvk help VERB prints the options of a verb, and examples.\n"
          "leukvk --version prints the version.\n"
          "\n"
          "A first round, without a data set of your own:\n"
          "  leukvk synth samples                          draw a data set\n"
          "  leukvk data samples                           show what it holds\n"
          "  leukvk train --data samples --epochs 4        train a model, in a run folder\n"
          "  leukvk predict --model runs/RUN samples/...   classify images\n"
          "\n"
          "For research and teaching. Not a medical device.\n",
          out);
}

void print_log_line(void *user, lvk_log_level level, const char *line) {
    (void)user;
    if (quiet_is_set() && level != LVK_LOG_WARNING)
        return;
    fprintf(stderr, "%s%s\n", level == LVK_LOG_WARNING ? "warning: " : "", line); /* one call: whole lines */
}

static const verb *find_verb(const char *name) {
    for (int i = 0; i < VERB_COUNT; ++i)
        if (strcmp(name, verbs[i].verb->name) == 0)
            return verbs[i].verb;
    return NULL;
}

static int refuse_verb(const char *name) {
    const char *names[VERB_COUNT];
    for (int i = 0; i < VERB_COUNT; ++i)
        names[i] = verbs[i].verb->name;
    const char *meant = suggest_word(name, names, VERB_COUNT);
    if (*name == '-')
        fprintf(stderr, "leukvk: the verb comes before '%s'; leukvk --help lists the verbs\n", shown(name));
    else if (meant)
        fprintf(stderr, "leukvk: there is no verb '%s'; did you mean %s?\n", shown(name), meant);
    else
        fprintf(stderr, "leukvk: there is no verb '%s'; leukvk --help lists the verbs\n", shown(name));
    return EXIT_USAGE;
}

static int refuse_more(const char *why, const char *word) {
    fprintf(stderr, "leukvk: %s, not also '%s'\n", why, shown(word));
    return EXIT_USAGE;
}

static int run_verb(const verb *called, int argc, char **argv) {
    static char name[64];
    snprintf(name, sizeof name, "leukvk %s", called->name);
    argv[0] = name;
    lvk_log_set_sink(print_log_line, NULL, getenv("LEUKVK_DEBUG") ? LVK_LOG_DEBUG : LVK_LOG_INFO);
    return output_end(called->run(argc, argv));
}

/* `leukvk help`, `leukvk help VERB`. */
static int help(const char *name) {
    static char option[] = "--help";
    const verb *named = name ? find_verb(name) : NULL;
    if (named)
        return run_verb(named, 2, (char *[]){NULL, option, NULL});
    if (name)
        return refuse_verb(name);
    print_help(stdout);
    return EXIT_OK;
}

static bool is_one_of(const char *text, const char *a, const char *b, const char *c) {
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

int main(int argc, char **argv) {
    lvk_environment_allow_changes();
    output_begin();
    interrupt_begin();
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (is_one_of(argv[1], "help", "--help", "-h"))
        return argc > 3 ? refuse_more("help explains one verb at a time", argv[3])
                        : help(argc > 2 ? argv[2] : NULL);
    if (is_one_of(argv[1], "version", "--version", "-v")) {
        if (argc > 2)
            return refuse_more("--version stands alone", argv[2]);
        printf("leukvk %s\n", lvk_version());
        return EXIT_OK;
    }
    const verb *named = find_verb(argv[1]);
    return named ? run_verb(named, argc - 1, argv + 1) : refuse_verb(argv[1]);
}
