/* leukvk: the command line. Finds the verb and hands over; every verb is one file. */
#include "ui/output.h"
#include "verb.h"

#include "leukvk/leukvk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const verb verb_cv, verb_devices, verb_summary, verb_data, verb_train, verb_predict, verb_eval,
    verb_ops, verb_selftest, verb_synth, verb_bench, verb_tune_kernels, verb_import, verb_export,
    verb_augment, verb_crop, verb_tune, verb_calibrate;

static const verb *const verbs[] = {
    &verb_data,      &verb_train,        &verb_cv,     &verb_tune,    &verb_predict, &verb_eval,
    &verb_calibrate, &verb_summary,      &verb_ops,    &verb_devices, &verb_synth,   &verb_selftest,
    &verb_bench,     &verb_tune_kernels, &verb_import, &verb_export,  &verb_augment, &verb_crop};
enum { VERB_COUNT = sizeof verbs / sizeof *verbs };

int failure_exit(int status) {
    return status == LVK_ERROR_DEVICE_LOST ? EXIT_DEVICE_LOST
           : status == LVK_ERROR_CANCELLED ? EXIT_INTERRUPTED
                                           : EXIT_FAILED;
}

int report_failure(int status) {
    const char *line = lvk_error_message();
    fprintf(stderr, "leukvk: %s\n", *line ? shown(line) : lvk_status_name(status));
    return failure_exit(status);
}

static void print_help(FILE *out) {
    fputs(
        "leukvk trains, judges and runs image classifiers for acute lymphoblastic leukaemia on Vulkan devices.\n"
        "\n"
        "usage: leukvk VERB [ARGUMENTS]      (leukvk VERB --help tells more, with examples)\n"
        "\n",
        out);
    for (int i = 0; i < VERB_COUNT; ++i)
        fprintf(out, "  %-13s %s\n", verbs[i]->name, verbs[i]->summary);
    fputs("\n"
          "A first round, without a data set of your own:\n"
          "  leukvk synth samples                          draw cells to learn from\n"
          "  leukvk data samples                           what is there\n"
          "  leukvk train --data samples --epochs 4        learn; writes a run folder\n"
          "  leukvk predict --model runs/RUN samples/...   classify images\n"
          "\n"
          "For research and teaching. Not a medical device.\n",
          out);
}

static void print_log_line(void *user, lvk_log_level level, const char *line) {
    (void)user;
    fprintf(stderr, "%s%s\n", level == LVK_LOG_WARNING ? "warning: " : "", line); /* one call: whole lines */
}

int main(int argc, char **argv) {
    output_begin();
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(argc < 2 ? stderr : stdout);
        return argc < 2 ? EXIT_USAGE : EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("leukvk %s\n", lvk_version());
        return EXIT_OK;
    }
    lvk_log_set_sink(print_log_line, NULL, getenv("LEUKVK_DEBUG") ? LVK_LOG_DEBUG : LVK_LOG_INFO);
    for (int i = 0; i < VERB_COUNT; ++i) {
        if (strcmp(argv[1], verbs[i]->name) != 0)
            continue;
        static char name[64];
        snprintf(name, sizeof name, "leukvk %s", argv[1]);
        argv[1] = name;
        return output_end(verbs[i]->run(argc - 1, argv + 1));
    }
    fprintf(stderr, "leukvk: there is no verb '%s'; leukvk --help lists them\n", shown(argv[1]));
    return EXIT_USAGE;
}
