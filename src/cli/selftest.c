/* leukvk selftest: does this device compute what it should? */
#include "options.h"
#include "ui/format.h"
#include "ui/output.h"
#include "verb.h"

#include <stdio.h>

static const char documentation[] =
    "Runs every kernel that a device can run on small random tensors, and compares each element of the results "
    "with that of plain C. Takes less than a minute, or one to two minutes on software Vulkan. The exit status is 0 if all "
    "results are right."
    "\v"
    "Examples:\n"
    "  leukvk selftest\n"
    "  leukvk selftest --device 1 --seed 7\n";

enum { OPTION_SEED = 256 };
static const struct argp_option options[] = {
    OPTION_HEADING("Test:", GROUP_WORK),
    {"seed", OPTION_SEED, "N", 0, "Random seed of the tensors (1)", GROUP_WORK},
    {0}};

typedef struct arguments {
    lvk_device_options device;
    uint64_t seed;
} arguments;

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->device;
        return 0;
    case OPTION_SEED:
        a->seed = option_count(state, "seed", text, 0, INT64_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void show(void *user, const lvk_selftest_event *event) {
    (void)user;
    if (event->failure)
        printf("WRONG  %s\n", shown(event->failure));
    else
        printf("%-5s  %2d/%d  %-20s %d kernels, %d runs compared\n", event->failures ? "WRONG" : "ok",
               event->index, event->count, event->op, event->candidates, event->runs);
    fflush(stdout);
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&device_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, NULL, documentation, children, NULL, NULL};
    arguments a = {.seed = 1};
    parse_arguments(&parser, argc, argv, &a);
    lvk_device *device;
    lvk_selftest_result result;
    int status = option_device_open(&a.device, &device);
    if (status != LVK_OK)
        return report_failure(status);
    printf("device %s, seed %llu\n", lvk_device_get_info(device)->name, (unsigned long long)a.seed);
    status = lvk_selftest(device, a.seed, show, NULL, &result);
    const int exit_status = status != LVK_OK  ? report_mistake(status)
                            : result.failures ? EXIT_FAILED
                                              : EXIT_OK;
    if (status == LVK_OK) {
        char time[FORMAT_SIZE];
        printf("%d operators, %d kernels, %d runs compared with the reference in %s: %s\n", result.operators,
               result.candidates, result.runs, format_duration(time, result.seconds),
               result.failures ? "SOME RESULTS ARE WRONG. Do not use this device with this driver."
                               : "all right");
    }
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_selftest;
const verb verb_selftest = {"selftest", "compare the kernels on a device with plain C", run};
