#include "options.h"

#include "suggest.h"
#include "ui/format.h"
#include "ui/output.h"
#include "ui/quiet.h"
#include "verb.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

uint64_t option_count(const struct argp_state *state, const char *option, const char *text, uint64_t least,
                      uint64_t most) {
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value < least || value > most)
        argp_failure(state, EXIT_USAGE, 0, "--%s %s: must be a whole number from %llu to %llu", option, text,
                     (unsigned long long)least, (unsigned long long)most);
    return value;
}

double option_number(const struct argp_state *state, const char *option, const char *text) {
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        argp_failure(state, EXIT_USAGE, 0, "--%s %s: is not a number", option, text);
    return value;
}

void option_fractions(const struct argp_state *state, const char *text, double *validation, double *test) {
    char *comma, *end;
    *validation = strtod(text, &comma);
    *test = *comma == ',' ? strtod(comma + 1, &end) : -1;
    if (comma == text || *comma != ',' || end == comma + 1 || *end || !(*validation >= 0) || !(*test >= 0) ||
        !(*validation + *test < 1))
        argp_failure(state, EXIT_USAGE, 0,
                     "--fractions %s: must be two numbers whose sum is below 1, as in 0.15,0.15", text);
}

const char *option_png(const struct argp_state *state, const char *option, const char *text) {
    const size_t length = strlen(text);
    if (output_path(text) != text) /* standard output */
        return output_path(text);
    if (length <= 4 || strcmp(text + length - 4, ".png") != 0)
        argp_failure(state, EXIT_USAGE, 0, "--%s %s: the name must end in .png", option, text);
    return text;
}

void option_crop(const struct argp_state *state, const char *option, const char *text) {
    if (lvk_crop_mode_check(text) != LVK_OK)
        argp_failure(state, EXIT_USAGE, 0, "--%s: %s", option, lvk_error_message());
}

void option_refuse(const struct argp_state *state, const char *const *names, const char *why) {
    for (; *names; ++names)
        if (suggest_was_given(*names))
            argp_failure(state, EXIT_USAGE, 0, "--%s: %s", *names, why);
}

enum {
    OPTION_DEVICE = 1024,
    OPTION_VALIDATION,
    OPTION_TUNER,
    OPTION_NO_SELFTEST,
    OPTION_COLUMNS,
    OPTION_SUBJECT_PATTERN,
    OPTION_MICRONS
};

static error_t parse_data(int key, char *text, struct argp_state *state) {
    lvk_dataset_options *reading = state->input;
    lvk_status status;
    switch (key) {
    case OPTION_COLUMNS:
        reading->columns = text;
        return 0;
    case OPTION_SUBJECT_PATTERN:
        reading->subject_pattern = text;
        return 0;
    case OPTION_MICRONS:
        reading->microns_per_pixel = option_number(state, "microns-per-pixel", text);
        if (reading->microns_per_pixel == 0)
            argp_failure(state, EXIT_USAGE, 0, "--microns-per-pixel %s: must be above 0", text);
        return 0;
    case ARGP_KEY_END:
        status = lvk_dataset_options_check(reading);
        if (status != LVK_OK)
            argp_failure(state, status == LVK_ERROR_MEMORY ? EXIT_FAILED : EXIT_USAGE, 0, "%s",
                         lvk_error_message());
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* As train, cv and tune have them from the library's list. */
static const struct argp_option data_options[] = {
    {"columns", OPTION_COLUMNS, "ROLE=NAME,...", 0,
     "Names of the columns of a table that hold path, label, subject, part and microns_per_pixel, as in "
     "path=File,label=Dx (columns with the usual names)",
     GROUP_DATA},
    {"subject-pattern", OPTION_SUBJECT_PATTERN, "REGEX", 0,
     "Take the subject out of the path of an image: what the first group of this extended regular expression matches (what a "
     "name, a folder or a table tells)",
     GROUP_DATA},
    {"microns-per-pixel", OPTION_MICRONS, "X", 0,
     "Scale of the images of which no column of a table tells it; a model that knows the scale of its training images brings "
     "others to it (not known)",
     GROUP_DATA},
    {0}};

const struct argp data_argp = {data_options, parse_data, NULL, NULL, NULL, NULL, NULL};

static error_t parse_device(int key, char *text, struct argp_state *state) {
    lvk_device_options *device = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        if (!device->device)
            device->device = getenv("LEUKVK_DEVICE");
        return 0;
    case OPTION_DEVICE:
        device->device = text;
        return 0;
    case OPTION_VALIDATION:
        device->validation = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option device_options[] = {
    OPTION_HEADING("Device:", GROUP_DEVICE),
    {"device", OPTION_DEVICE, "DEVICE", 0,
     "Device to compute on: a number, a UUID or a part of a name that leukvk devices lists; cpu: the processor; "
     "reference: plain C, slow (the environment variable LEUKVK_DEVICE, else the best graphics card, else cpu)",
     GROUP_DEVICE},
    {"validation", OPTION_VALIDATION, NULL, 0, "Check all Vulkan calls with the validation layers; slow",
     GROUP_DEVICE},
    {0}};

const struct argp device_argp = {device_options, parse_device, NULL, NULL, NULL, NULL, NULL};

static error_t parse_tuner(int key, char *text, struct argp_state *state) {
    lvk_device_options *device = state->input;
    if (key != OPTION_TUNER)
        return ARGP_ERR_UNKNOWN;
    if (strcmp(text, "frozen") != 0 && strcmp(text, "off") != 0)
        argp_failure(state, EXIT_USAGE, 0, "--tuner %s: must be frozen or off", text);
    device->no_tuning = strcmp(text, "off") == 0;
    return 0;
}

static const struct argp_option tuner_options[] = {
    {"tuner", OPTION_TUNER, "frozen|off", 0,
     "frozen: use the kernels that leukvk tune-kernels has stored for this device; off: use the default kernels (frozen)",
     GROUP_DEVICE},
    {0}};

const struct argp tuner_argp = {tuner_options, parse_tuner, NULL, NULL, NULL, NULL, NULL};

int option_device_open(const lvk_device_options *options, lvk_device **device) {
    const int status = lvk_device_open(options, device);
    if (status == LVK_ERROR_ARGUMENT)
        exit(report_mistake(status));
    return status;
}

void option_device_tell(const lvk_device_options *options, const lvk_device *device) {
    const char *name = options->device;
    if (quiet_is_set() && name && *name && strspn(name, "0123456789") == strlen(name))
        fprintf(stderr, "device %s: %s\n", name, shown(lvk_device_get_info(device)->name));
}

static error_t parse_selftest(int key, char *text, struct argp_state *state) {
    (void)text;
    if (key != OPTION_NO_SELFTEST)
        return ARGP_ERR_UNKNOWN;
    *(bool *)state->input = true;
    return 0;
}

static const struct argp_option selftest_options[] = {
    {"no-selftest", OPTION_NO_SELFTEST, NULL, 0,
     "Skip the self-test of a few seconds that runs once before the first training on a device, and again with a new driver "
     "or version of leukvk",
     GROUP_DEVICE},
    {0}};

const struct argp selftest_argp = {selftest_options, parse_selftest, NULL, NULL, NULL, NULL, NULL};

static void tell_wrong(void *user, const lvk_selftest_event *event) {
    (void)user;
    if (event->failure)
        fprintf(stderr, "warning: self-test: %s\n", shown(event->failure));
}

int option_selftest(lvk_device *device, bool skip) {
    lvk_selftest_verdict verdict;
    char time[FORMAT_SIZE];
    if (skip) {
        fprintf(stderr, "self-test: skipped\n");
        return LVK_OK;
    }
    const int status = lvk_selftest_once(device, tell_wrong, NULL, &verdict);
    if (status != LVK_OK || verdict.known)
        return status;
    if (verdict.set_aside)
        fprintf(stderr, "warning: self-test: %d of %d kernels are wrong on this device and are set aside\n",
                verdict.set_aside, verdict.kernels);
    else if (!quiet_is_set() && isatty(STDERR_FILENO))
        fprintf(stderr, "self-test: %d kernels are right (%s, once for this device and driver)\n",
                verdict.kernels, format_duration(time, verdict.seconds));
    return LVK_OK;
}

int option_selftest_apart(const lvk_device_options *options, bool skip) {
    lvk_device *device;
    int state = 0;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);                        /* Ctrl-C ends the parent */
        lvk_log_set_sink(print_log_line, NULL, LVK_LOG_WARNING); /* which device it is has been told */
        int status = lvk_device_open(options, &device);
        if (status == LVK_OK)
            status = option_selftest(device, skip);
        lvk_device_close(&device);
        _exit(status == LVK_OK ? EXIT_OK : report_failure(status));
    }
    if (child < 0 || waitpid(child, &state, 0) != child)
        return EXIT_OK; /* the trials, which are processes too, will tell */
    return WIFEXITED(state) ? WEXITSTATUS(state) : EXIT_FAILED;
}

/* ---- what every verb has ---- */

enum { OPTION_HELP = 'h', OPTION_QUIET = 'q', OPTION_QUESTION = '?', OPTION_USAGE = 512 };

static const struct argp_option common_options[] = {
    {"quiet", OPTION_QUIET, NULL, 0,
     "Print only results, warnings and errors, and device and seed of a training: no progress", -1},
    {"help", OPTION_HELP, NULL, 0, "Print this help", -1},
    {NULL, OPTION_QUESTION, NULL, OPTION_HIDDEN, NULL, -1},
    {"usage", OPTION_USAGE, NULL, OPTION_HIDDEN, NULL, -1},
    {0}};

static error_t parse_common(int key, char *text, struct argp_state *state) {
    (void)text;
    switch (key) {
    case OPTION_QUIET:
        quiet_set();
        return 0;
    case OPTION_HELP:
    case OPTION_QUESTION:
        argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
        return 0;
    case OPTION_USAGE:
        argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
        return 0;
    case ARGP_KEY_ARGS: /* the verb has left them */
        argp_failure(state, EXIT_USAGE, 0, "takes no arguments, '%s' was given", state->argv[state->next]);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* argp explains what everybody knows where a short option has a value: "Mandatory or optional arguments to long
 * options are also ..." */
static char *leave_out_note(int key, const char *text, void *input) {
    (void)input;
    return key == ARGP_KEY_HELP_DUP_ARGS_NOTE ? NULL : (char *)text;
}

void parse_arguments(const struct argp *parser, int argc, char **argv, void *input) {
    enum { MOST_CHILDREN = 8 };
    static const struct argp common = {common_options, parse_common, NULL, NULL, NULL, NULL, NULL};
    struct argp_child children[MOST_CHILDREN + 2] = {{0}};
    struct argp whole = *parser;
    int count = 0;
    for (; parser->children && parser->children[count].argp && count < MOST_CHILDREN; ++count)
        children[count] = parser->children[count];
    children[count].argp = &common; /* behind the verb's own, which it numbers */
    whole.children = children;
    if (!whole.help_filter)
        whole.help_filter = leave_out_note;
    suggest_option(&whole, argc, argv);
    FILE *const error = stderr, *const filter = output_filter(); /* argp quotes what was typed */
    argp_err_exit_status = EXIT_USAGE;
    stderr = filter ? filter : error;
    if (argp_parse(&whole, argc, argv, ARGP_NO_HELP, NULL, input) != 0)
        exit(EXIT_USAGE);
    stderr = error;
    if (filter)
        fclose(filter);
}
