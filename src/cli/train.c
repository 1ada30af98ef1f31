/* leukvk train: learn from a data set. */
#include "options.h"
#include "train_options.h"
#include "train_progress.h"
#include "ui/interrupt.h"
#include "ui/json_result.h"
#include "ui/output.h"
#include "ui/quiet.h"
#include "verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char documentation[] =
    "Trains a model on a data set and writes a run folder with the settings, the split, metrics, checkpoints, the "
    "model and its predictions. All cells of a person are on one side of the split. The same seed on the same "
    "device gives the same bytes."
    "\v"
    "Examples:\n"
    "  leukvk train --data C-NMC_Leukemia\n"
    "  leukvk train --data samples --epochs 4 --out runs/first --seed 7\n"
    "  leukvk train --data samples --recipe keras --epochs 10\n"
    "  leukvk train --data samples --epochs 1 --profile\n"
    "  leukvk train --data samples --live\n"
    "\n"
    "After Ctrl-C, a crash or a power cut; for more epochs than at first; and after an early stop, to the last "
    "epoch:\n"
    "  leukvk train --resume runs/first\n"
    "  leukvk train --resume runs/first --epochs 40\n"
    "  leukvk train --resume runs/first --patience 0\n"
    "\n"
    "A new head on a backbone pretrained on ImageNet (run leukvk-fetch-weights first), and fine-tuning of its "
    "last stage:\n"
    "  leukvk train --data samples --model resnet50\n"
    "  leukvk train --data samples --model resnet50 --unfreeze conv5_x \\\n"
    "      --rate-scale conv5_x=0.1 --warmup 1\n"
    "\n"
    "Several processes, in a build with -DLEUKVK_MPI=ON:\n"
    "  mpirun -n 2 leukvk train --data samples --accumulate 2\n"
    "\n"
    "The processes share the --accumulate batches of each step, of which there must be at least as many as "
    "processes, and the validation images. The result has the bytes that one process with the same --accumulate "
    "gives on a device of the same kind. On a machine with several equal devices each process takes another one, "
    "unless --device names one.\n";

enum {
    OPTION_OUT = 256,
    OPTION_RESUME,
    OPTION_SPLIT,
    OPTION_FRACTIONS,
    OPTION_PROFILE,
    OPTION_JSON,
    OPTION_NO_REFIT,
    OPTION_TENSORBOARD,
    OPTION_LIVE
};

static const struct argp_option options[] = {
    {"out", OPTION_OUT, "RUN", 0, "Run folder to write, new or empty (runs/DATE-TIME-MODEL)", GROUP_OUTPUT},
    {"resume", OPTION_RESUME, "RUN", 0,
     "Go on with the run in this folder, with its own settings; only --data, --epochs, --patience, --recompute, --threads, "
     "--profile and --tensorboard may be given as well",
     GROUP_OUTPUT},
    {"split", OPTION_SPLIT, "FILE", 0, "Use the split in FILE, which leukvk data --split has written",
     GROUP_DATA},
    {"fractions", OPTION_FRACTIONS, "V,T", 0,
     "Fractions of the images for validation and for the test, either of which may be 0 (0.15,0.15)",
     GROUP_DATA},
    {"no-refit", OPTION_NO_REFIT, NULL, 0,
     "Do not train a second time, after the test, on the images of all parts; without this option that model is the one "
     "which predict and export take",
     GROUP_WORK},
    {"profile", OPTION_PROFILE, NULL, 0,
     "Profile the third step: print the time of each operator, and write a trace to the run folder (profile.json, for "
     "ui.perfetto.dev)",
     GROUP_OUTPUT},
    {"tensorboard", OPTION_TENSORBOARD, "DIR", OPTION_ARG_OPTIONAL,
     "Write an event file for TensorBoard to DIR: losses, scores and speed by epoch, precision-recall curves of the test, "
     "example images (RUN/tensorboard)",
     GROUP_OUTPUT},
    {"live", OPTION_LIVE, "PORT", OPTION_ARG_OPTIONAL,
     "Show the learning curves in the browser as they grow, at this port of 127.0.0.1 (one that is free); the address is "
     "printed. leukvk watch shows those of other runs",
     GROUP_OUTPUT},
    {"json", OPTION_JSON, NULL, 0,
     "Print results.json to standard output at the end, and everything else to standard error", GROUP_OUTPUT},
    {0}};

typedef struct arguments {
    lvk_ranks ranks;
    lvk_device_options device;
    bool no_selftest;
    char device_number[16]; /* of several ranks on a machine with several devices */
    train_choices train;
    bool fractions; /* were given */
    bool json, live;
    uint16_t live_port;
    lvk_server *server; /* that shows the curves; NULL: none */
    progress bar;
    const char *resume;
    const char *not_with_resume; /* the last of the options here that a resumed run does not take */
} arguments;

static void check(const arguments *a, struct argp_state *state) {
    const char *setting = a->not_with_resume ? a->not_with_resume : a->train.first_setting;
    if (a->resume && setting)
        argp_failure(state, EXIT_USAGE, 0, "--%s: a resumed run keeps its own settings", setting);
    if (!a->resume)
        train_choices_check(&a->train, state);
    if (a->train.options.split && (a->fractions || train_choices_given(&a->train, "group")))
        argp_failure(state, EXIT_USAGE, 0, "--%s: has no effect on a split that exists already (--split)",
                     a->fractions ? "fractions" : "group");
}

/* The next argument, where it is no option: a value that is not joined to its option by "=". Else "". */
static const char *take_next(struct argp_state *state) {
    const char *next = state->next < state->argc ? state->argv[state->next] : "-";
    if (*next == '-')
        return "";
    ++state->next;
    return next;
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    lvk_train_options *o = &a->train.options;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->train;
        state->child_inputs[1] = &a->device;
        state->child_inputs[2] = &a->device;
        state->child_inputs[3] = &a->no_selftest;
        return 0;
    case OPTION_RESUME:
        a->resume = text;
        return 0;
    case OPTION_PROFILE:
        o->profile = true;
        return 0;
    case OPTION_NO_REFIT:
        o->refit = false;
        a->not_with_resume = "no-refit";
        return 0;
    case OPTION_TENSORBOARD:
        o->tensorboard = text ? text : take_next(state);
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    case OPTION_LIVE:
        a->live = true;
        a->live_port = text ? (uint16_t)option_count(state, "live", text, 0, 65535) : 0;
        return 0;
    case OPTION_OUT:
        o->run = text;
        a->not_with_resume = "out";
        return 0;
    case OPTION_SPLIT:
        o->split = text;
        a->not_with_resume = "split";
        return 0;
    case OPTION_FRACTIONS:
        option_fractions(state, text, &o->validation, &o->test);
        a->fractions = true;
        a->not_with_resume = "fractions";
        return 0;
    case ARGP_KEY_END:
        check(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Several ranks on one machine take turns with its devices of the preferred one's name, where none is named.
 */
static lvk_status assign_device(arguments *a) {
    lvk_device_list *list;
    const lvk_device_info *preferred = NULL;
    uint32_t equal = 0;
    if (a->ranks.size == 1 || (a->device.device && *a->device.device))
        return LVK_OK;
    const lvk_status status = lvk_device_list_create(&list);
    if (status != LVK_OK)
        return status;
    for (size_t i = 0; i < list->count; ++i)
        if (list->devices[i].preferred)
            preferred = &list->devices[i];
    for (int pass = 0; pass < 2 && preferred; ++pass) { /* the first counts them */
        const uint32_t wanted = pass ? a->ranks.neighbour % equal : UINT32_MAX;
        equal = 0;
        for (size_t i = 0; i < list->count; ++i) {
            const lvk_device_info *d = &list->devices[i];
            if (d->usable && strcmp(d->name, preferred->name) == 0 && equal++ == wanted) {
                snprintf(a->device_number, sizeof a->device_number, "%" PRIu32, d->index);
                a->device.device = a->device_number;
            }
        }
    }
    lvk_device_list_destroy(&list);
    return LVK_OK;
}

/* What the ranks but the first, which shows, do at an event. */
static bool watch(void *user, const lvk_train_event *event) {
    (void)user;
    (void)event;
    return !interrupt_asked();
}

/* A training without its curves is better than none. */
static void begin_live(arguments *a, const char *run) {
    const lvk_server_options server = {.port = a->live_port};
    a->live = false;
    if (lvk_server_watch(run, &server, &a->server) != LVK_OK)
        fprintf(stderr, "warning: --live: %s\n", lvk_error_message());
    else
        fprintf(stderr, "learning curves: %s\n", lvk_server_url(a->server));
}

/* What the first rank does. */
static bool show(void *user, const lvk_train_event *event) {
    arguments *a = user;
    if (event->kind == LVK_TRAIN_STARTED && !event->refit)
        interrupt_set_advice("go on with --resume %s", shown(event->run));
    if (a->live && event->kind == LVK_TRAIN_STARTED)
        begin_live(a, event->run);
    return train_progress_show(&a->bar, event);
}

static lvk_status open_device(arguments *a, lvk_device **device) {
    *device = NULL;
    lvk_status status = assign_device(a);
    if (status == LVK_OK)
        status = lvk_device_open(&a->device, device);
    return lvk_ranks_agree(&a->ranks, status);
}

static lvk_status train(arguments *a, lvk_device *device, lvk_train_result *result) {
    lvk_train_options *o = &a->train.options;
    const lvk_train_callback callback = a->ranks.rank == 0 ? show : watch;
    const lvk_resume_options resume = {
        .data = o->data,
        .epochs = train_choices_given(&a->train, "epochs") ? o->epochs : 0,
        .patience = train_choices_given(&a->train, "patience") ? &o->patience : NULL,
        .ranks = &a->ranks,
        .recompute = train_choices_given(&a->train, "recompute") ? o->recompute : NULL,
        .threads = o->threads,
        .profile = o->profile,
        .tensorboard = o->tensorboard};
    o->ranks = &a->ranks;
    return a->resume ? lvk_train_resume(device, a->resume, &resume, callback, a, result)
                     : lvk_train(device, o, callback, a, result);
}

/* The first rank tells of every failure. */
static int report(const arguments *a, lvk_status status) {
    return a->ranks.rank == 0 ? report_failure(status) : failure_exit(status);
}

static int train_with(arguments *a, lvk_device *device) {
    static lvk_train_result result;
    const lvk_status status = train(a, device, &result);
    lvk_server_stop(&a->server);
    if (status != LVK_OK) {
        if (a->bar.visible)
            progress_clear(&a->bar);
        return report(a, status);
    }
    if (a->ranks.rank == 0 && !(a->json && quiet_is_set()))
        train_progress_result(&result, device, !a->json);
    return a->json && a->ranks.rank == 0 ? json_result_file(result.run, "results.json") : EXIT_OK;
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&train_options_argp, 0, NULL, 0},
                                                 {&device_argp, 0, NULL, 0},
                                                 {&tuner_argp, 0, NULL, 0},
                                                 {&selftest_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp parser = {options, parse_option, NULL, documentation, children, NULL, NULL};
    arguments a = {.train = train_choices_begin()};
    parse_arguments(&parser, argc, argv, &a);
    if (a.json)
        json_result_begin();
    lvk_device *device;
    lvk_status status = lvk_ranks_join(&a.ranks);
    if (status != LVK_OK)
        return report_failure(status);
    if (a.ranks.rank > 0)
        lvk_log_set_sink(NULL, NULL, LVK_LOG_WARNING);
    status = open_device(&a, &device);
    if (status == LVK_OK && a.ranks.rank == 0)
        train_progress_begin(lvk_device_get_info(device)->name, a.resume ? NULL : &a.train.options.seed);
    if (status == LVK_OK)
        status = lvk_ranks_agree(&a.ranks, option_selftest(device, a.no_selftest));
    train_progress_catch_signals(a.ranks.size == 1);
    int exit_status = status == LVK_OK ? train_with(&a, device) : report(&a, status);
    if (status == LVK_ERROR_ARGUMENT) /* no such device */
        exit_status = EXIT_USAGE;
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_train;
const verb verb_train = {"train", "train a model on a data set", run};
