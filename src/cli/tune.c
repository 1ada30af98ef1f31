/* leukvk tune: hyperparameter search. */
#include "options.h"
#include "train_options.h"
#include "train_progress.h"
#include "ui/format.h"
#include "ui/interrupt.h"
#include "ui/json_result.h"
#include "ui/json_text.h"
#include "ui/memory.h"
#include "ui/output.h"
#include "ui/quiet.h"
#include "ui/table.h"
#include "verb.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char documentation[] =
    "Searches for good settings: trains a model for each point of a grid, or for points drawn at random, on the "
    "same split, and compares the validation losses. After Ctrl-C, a crash or a power cut, the same command goes "
    "on."
    "\v"
    "Examples:\n"
    "  leukvk tune --data C-NMC_Leukemia --recipe keras --out runs/keras-grid\n"
    "  leukvk tune --data samples --jobs 2 \\\n"
    "      --grid learning-rate=0.001,0.0003 --grid dropout=0,0.25\n"
    "  leukvk tune --data samples --search random --trials 20 \\\n"
    "      --grid learning-rate=0.0001..0.01 --grid optimizer=adam,sgd\n"
    "  leukvk tune --data samples --search halving --epochs 20\n"
    "  leukvk tune --data samples --model resnet50 \\\n"
    "      --grid head=dense:64 --grid head=dense:64,dropout:0.5\n"
    "\n"
    "--grid takes %s. A setting that is named again gets further values. A head contains commas itself, so that "
    "each --grid head= is one value. Values of a range A..B are drawn uniformly, those of learning-rate, "
    "weight-decay and l2 log-uniformly.\n"
    "\n"
    "Without --grid, the grid is that of the Keras work, 27 trials: epochs 10, 15, 20, learning rate 0.001, 0.01, "
    "0.1 and dropout 0, 0.25, 0.5 (of ResNets, the dropout of the head). Halving leaves out the epochs. Random "
    "draws a learning rate from 0.0001..0.1 and a dropout from 0..0.5.\n"
    "\n"
    "Halving trains all points for a few epochs, then the better half for twice as many, and so on; with --epochs "
    "20, nine points for 2 epochs, five until 3, three until 5, two until 10 and one until 20. A round only "
    "interrupts a training: the learning rate follows the schedule of all --epochs from the start, so that the "
    "first rounds compare at high learning rates, and the last point ends as with leukvk train.\n"
    "\n"
    "The best of many trials on the validation part looks better there than it is, and the more trials there are, "
    "the more so. Look at the test part once, for the model that you have chosen.\n";

enum {
    OPTION_GRID = 256,
    OPTION_SEARCH,
    OPTION_TRIALS,
    OPTION_JOBS,
    OPTION_OUT,
    OPTION_REFIT,
    OPTION_FRACTIONS,
    OPTION_JSON
};
enum { MOST_AXES = 256 };

static const struct argp_option options[] = {
    OPTION_HEADING("Search:", GROUP_SEARCH),
    {"grid", OPTION_GRID, "SETTING=VALUES", 0,
     "Values of a setting to try, separated by commas, or a range A..B to draw from; once for each setting (the grid of the "
     "Keras work)",
     GROUP_SEARCH},
    {"search", OPTION_SEARCH, "grid|random|halving", 0,
     "grid: try every combination; random: try points drawn at random; halving: successive halving (grid)",
     GROUP_SEARCH},
    {"trials", OPTION_TRIALS, "N", 0, "Number of points to draw, for random and halving", GROUP_SEARCH},
    {"jobs", OPTION_JOBS, "N", 0,
     "Number of trials that run at the same time and share the threads; does not change the result, except for rounding on "
     "the device cpu (1)",
     GROUP_SEARCH},
    {"out", OPTION_OUT, "FOLDER", 0,
     "Folder of the search: new, or that of the same command, which then goes on (runs/DATE-TIME-search-MODEL)",
     GROUP_OUTPUT},
    {"fractions", OPTION_FRACTIONS, "V,T", 0,
     "Fractions of the images for validation, which compares the trials, and for the test (0.15,0.15)",
     GROUP_DATA},
    {"refit", OPTION_REFIT, NULL, 0,
     "At the end, train one model with the best trial's settings on all images: FOLDER/refit, which leukvk predict --model "
     "FOLDER takes",
     GROUP_SEARCH},
    {"json", OPTION_JSON, NULL, 0,
     "Print the trials as JSON to standard output at the end, and everything else to standard error",
     GROUP_OUTPUT},
    {0}};

typedef struct arguments {
    lvk_device_options device;
    bool no_selftest;
    train_choices train;
    lvk_search_options search;
    const char *axes[MOST_AXES];
    bool json;
} arguments;

static lvk_search_kind parse_kind(const struct argp_state *state, const char *text) {
    static const char *const names[] = {"grid", "random", "halving"};
    for (int i = 0; i < 3; ++i)
        if (strcmp(text, names[i]) == 0)
            return (lvk_search_kind)i;
    argp_failure(state, EXIT_USAGE, 0, "--search %s: must be grid, random or halving", text);
    return LVK_SEARCH_GRID;
}

static bool searches_optimizer(const arguments *a) {
    for (size_t i = 0; i < a->search.axis_count; ++i)
        if (strncmp(a->axes[i], "optimizer=", 10) == 0)
            return true;
    return false;
}

/* A setting that the trials have values of their own for. */
static void refuse_searched(const arguments *a, const lvk_search *search) {
    const uint32_t axes = lvk_search_axis_count(search);
    for (uint32_t axis = 0; axis < axes; ++axis) {
        const char *name = lvk_search_axis_name(search, axis);
        if (!train_choices_given(&a->train, name))
            continue;
        fprintf(stderr, "leukvk tune: --%s: has no effect, since the search tries values of its own%s\n",
                name, a->search.axis_count ? "" : "; --grid SETTING=VALUES chooses the settings to search");
        exit(EXIT_USAGE);
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    lvk_search_options *s = &a->search;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->train;
        state->child_inputs[1] = &a->device;
        state->child_inputs[2] = &a->device;
        state->child_inputs[3] = &a->no_selftest;
        return 0;
    case OPTION_GRID:
        if (s->axis_count == MOST_AXES)
            argp_failure(state, EXIT_USAGE, 0, "--grid %s: --grid may be given at most %d times", text,
                         MOST_AXES);
        a->axes[s->axis_count++] = text;
        return 0;
    case OPTION_SEARCH:
        s->kind = parse_kind(state, text);
        return 0;
    case OPTION_TRIALS:
        s->trials = (uint32_t)option_count(state, "trials", text, 1, LVK_SEARCH_MAX_TRIALS);
        return 0;
    case OPTION_JOBS:
        s->jobs = (uint32_t)option_count(state, "jobs", text, 1, LVK_SEARCH_MAX_JOBS);
        return 0;
    case OPTION_REFIT:
        s->refit = true;
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    case OPTION_OUT:
        s->folder = text;
        return 0;
    case OPTION_FRACTIONS:
        option_fractions(state, text, &a->train.options.validation, &a->train.options.test);
        return 0;
    case ARGP_KEY_END:
        train_choices_check_use(&a->train, searches_optimizer(a), state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- while it runs ---- */

static void print_settings(const lvk_search *search, uint32_t trial) {
    for (uint32_t axis = 0; axis < lvk_search_axis_count(search); ++axis)
        printf(" %s %s", lvk_search_axis_name(search, axis), shown(lvk_search_value(search, trial, axis)));
}

static void show_trial(const lvk_search *search, const lvk_search_event *e) {
    char text[FORMAT_SIZE];
    printf("trial %" PRIu32 " %s:", e->trial, e->kept ? "was done before" : "done");
    print_settings(search, e->trial);
    if (isnan(e->loss))
        printf(", diverged");
    else
        printf(", validation loss %s", format_number(text, e->loss, 4));
    printf(" (%" PRIu32 " of %" PRIu32 ")\n", e->done, e->trials);
}

static bool show(void *user, const lvk_search_event *e) {
    const lvk_search *search = user;
    char text[2][FORMAT_SIZE];
    if (quiet_is_set())
        return !interrupt_asked();
    switch (e->kind) {
    case LVK_SEARCH_ROUND:
        if (e->rounds > 1)
            printf("\nround %" PRIu32 " of %" PRIu32 ": %" PRIu32 " trials, to epoch %" PRIu32 "\n", e->round,
                   e->rounds, e->trials, e->epochs);
        else
            printf("%" PRIu32 " trials, folder %s\n", e->trials, shown(lvk_search_folder(search)));
        break;
    case LVK_SEARCH_EPOCH:
        printf("trial %" PRIu32 ", epoch %" PRIu32 "/%" PRIu32 ": validation loss %s, AUC %s%s\n", e->trial,
               e->epoch, e->epochs, format_number(text[0], e->loss, 4), format_number(text[1], e->auc, 4),
               e->best ? " (best)" : "");
        break;
    case LVK_SEARCH_TRIAL:
        show_trial(search, e);
        break;
    case LVK_SEARCH_IDLE:
        break;
    }
    fflush(stdout);
    return !interrupt_asked();
}

/* ---- at the end ---- */

static void value_cell(table *t, double value) {
    char text[FORMAT_SIZE];
    table_cell(t, "%s", format_number(text, value, 4));
}

static void print_trials(const lvk_search *search, const uint32_t *order) {
    static const char *const outcomes[] = {"open", "", "dropped", "diverged"};
    table t = {0};
    const uint32_t axes = lvk_search_axis_count(search);
    table_number_column(&t, "trial");
    for (uint32_t axis = 0; axis < axes && axis < 8; ++axis) /* the rest is in trials.csv */
        table_number_column(&t, lvk_search_axis_name(search, axis));
    table_number_column(&t, "best epoch");
    table_number_column(&t, "val. loss");
    table_number_column(&t, "val. AUC");
    table_number_column(&t, "val. F1");
    table_number_column(&t, "test AUC*");
    table_column(&t, "");
    for (uint32_t i = 0; i < lvk_search_trial_count(search); ++i) {
        const lvk_trial *trial = lvk_search_trial(search, order[i]);
        table_cell(&t, "%" PRIu32, order[i]);
        for (uint32_t axis = 0; axis < axes && axis < 8; ++axis)
            table_cell(&t, "%s", lvk_search_value(search, order[i], axis));
        table_cell(&t, "%" PRIu32 "/%" PRIu32, trial->best_epoch, trial->epochs);
        value_cell(&t, trial->validation_loss);
        value_cell(&t, trial->validation_auc);
        value_cell(&t, trial->validation_f1_weighted);
        value_cell(&t, trial->test_auc);
        table_cell(&t, "%s", outcomes[trial->outcome]);
    }
    printf("\n");
    table_print(&t, stdout);
    table_finish(&t);
    printf(
        "\n* not for choosing: the test scores of a model that they have chosen say nothing about new images.\nF1 is weighted by class size.\n");
    if (strcmp(lvk_search_trial_options(search, 1).group, "none") == 0)
        printf("--group none: people are on both sides of the split, so these scores say nothing about new "
               "people.\n");
}

static void print_command(const arguments *a, const lvk_search *search, uint32_t best) {
    const lvk_train_options options_of_best = lvk_search_trial_options(search, best);
    const uint32_t threads = lvk_search_trial_threads(search);
    printf("\nthe lowest validation loss is trial %" PRIu32 "'s (%s/trial-%03" PRIu32 "); to repeat it:\n  ",
           best, shown(lvk_search_folder(search)), best);
    if (threads &&
        !getenv("OMP_NUM_THREADS")) /* the bits of the device cpu hang on them; others take no notice */
        printf("OMP_NUM_THREADS=%" PRIu32 " ", threads);
    printf("leukvk train");
    train_options_print(&options_of_best, stdout);
    if (a->device.device) {
        printf(" --device ");
        train_options_print_word(a->device.device, stdout);
    }
    printf("%s\n\ntrials: %s/trials.csv\n", a->device.no_tuning ? " --tuner off" : "",
           shown(lvk_search_folder(search)));
    train_options_print_report(lvk_search_folder(search));
}

static void print_trial_json(const lvk_search *search, uint32_t number) {
    static const char *const outcomes[] = {"open", "done", "dropped", "diverged"};
    const lvk_trial *trial = lvk_search_trial(search, number);
    printf("    {\"trial\": %" PRIu32 ", \"settings\": {", number);
    for (uint32_t axis = 0; axis < lvk_search_axis_count(search); ++axis) {
        printf("%s", axis ? ", " : "");
        print_json_text(lvk_search_axis_name(search, axis));
        printf(": ");
        print_json_text(lvk_search_value(search, number, axis));
    }
    printf("}, \"outcome\": \"%s\", \"epochs\": %" PRIu32 ", \"best_epoch\": %" PRIu32,
           outcomes[trial->outcome], trial->epochs, trial->best_epoch);
    printf(", \"validation_loss\": ");
    print_json_number(trial->validation_loss);
    printf(", \"validation_auc\": ");
    print_json_number(trial->validation_auc);
    printf(", \"validation_f1_weighted\": ");
    print_json_number(trial->validation_f1_weighted);
    printf(", \"test_auc\": ");
    print_json_number(trial->test_auc);
    printf("}");
}

/* The trials, best first. */
static void print_json(const lvk_search *search, const uint32_t *order) {
    const uint32_t count = lvk_search_trial_count(search);
    json_result_end();
    printf("{\n  \"folder\": ");
    print_json_text(lvk_search_folder(search));
    printf(",\n  \"best_trial\": %" PRIu32 ",\n  \"trials\": [\n", order[0]);
    for (uint32_t i = 0; i < count; ++i) {
        print_trial_json(search, order[i]);
        printf("%s\n", i + 1 < count ? "," : "");
    }
    printf("  ]\n}\n");
}

static int print_result(const arguments *a, const lvk_search *search) {
    uint32_t *order = allocate(lvk_search_trial_count(search), sizeof *order);
    lvk_search_rank(search, order);
    if (!(a->json && quiet_is_set())) {
        print_trials(search, order);
        print_command(a, search, order[0]);
    }
    if (a->json)
        print_json(search, order);
    free(order);
    return EXIT_OK;
}

/* The documentation with the settings that can be searched; argp frees what is not `text`. */
static char *list_settings(int key, const char *text, void *input) {
    const lvk_train_option *all = lvk_train_option_table();
    const char *place = key == ARGP_KEY_HELP_POST_DOC && text ? strstr(text, "%s") : NULL;
    const size_t size = place ? strlen(text) + 1024 : 0;
    char *help = place ? malloc(size) : NULL;
    (void)input;
    if (!help)
        return (char *)text;
    size_t used = (size_t)snprintf(help, size, "%.*s", (int)(place - text), text);
    bool first = true;
    for (int i = 0; i < LVK_TRAIN_OPTION_COUNT && used < size; ++i) {
        if (all[i].grid)
            used += (size_t)snprintf(help + used, size - used, "%s%s", first ? "" : ", ", all[i].key);
        first = first && !all[i].grid;
    }
    if (used < size)
        snprintf(help + used, size - used, "%s", place + 2);
    return help;
}

/* Trains the best trial's model on all images. */
static int refit(const arguments *a, const lvk_search *search) {
    uint32_t *order = allocate(lvk_search_trial_count(search), sizeof *order);
    lvk_device *device = NULL;
    progress bar = {0};
    double temperature = 0;
    lvk_search_rank(search, order);
    int status = lvk_device_open(&a->device, &device);
    if (status == LVK_OK)
        status = lvk_search_refit(search, device, order[0], train_progress_show, &bar, &temperature);
    if (bar.visible)
        progress_clear(&bar);
    if (status == LVK_OK && !quiet_is_set()) {
        printf("\nmodel of trial %" PRIu32 ", trained on all images: %s/refit/model.safetensors\n", order[0],
               shown(lvk_search_folder(search)));
        train_options_print_temperature(temperature, "the trial's test images");
    }
    lvk_device_close(&device);
    free(order);
    return status == LVK_OK ? EXIT_OK : report_failure(status);
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&train_options_argp, 0, NULL, 0},
                                                 {&device_argp, 0, NULL, 0},
                                                 {&tuner_argp, 0, NULL, 0},
                                                 {&selftest_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp parser = {options,  parse_option,  NULL, documentation,
                                       children, list_settings, NULL};
    arguments a = {.train = train_choices_begin(), .search = {.jobs = 1}};
    parse_arguments(&parser, argc, argv, &a);
    a.search.train = a.train.options;
    a.search.axes = a.axes;
    if (a.json)
        json_result_begin();
    lvk_search *search;
    int status = lvk_search_create(&a.search, &search);
    if (status == LVK_OK)
        refuse_searched(&a, search);
    if (status == LVK_OK)
        status = lvk_search_check_device(search, &a.device);
    if (status != LVK_OK) {
        lvk_search_destroy(&search);
        return report_mistake(status);
    }
    train_progress_begin(lvk_search_device(search), &a.search.train.seed);
    const int tested = option_selftest_apart(&a.device, a.no_selftest);
    if (tested != EXIT_OK) {
        lvk_search_destroy(&search);
        return tested;
    }
    interrupt_set_advice("the same command goes on");
    train_progress_catch_signals(false);
    status = lvk_search_run(search, &a.device, show, search);
    if (!interrupt_asked())
        train_progress_catch_signals(true);
    int exit_status = status == LVK_OK ? EXIT_OK : report_failure(status);
    if (status == LVK_OK && a.search.refit && lvk_search_is_first(search))
        exit_status = refit(&a, search);
    if (status == LVK_OK && exit_status == EXIT_OK && lvk_search_is_first(search))
        exit_status = print_result(&a, search);
    lvk_search_destroy(&search);
    return exit_status;
}

extern const verb verb_tune;
const verb verb_tune = {"tune", "search for good settings", run};
