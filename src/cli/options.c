#include "options.h"

#include "ui/output.h"
#include "verb.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t option_count(const struct argp_state *state, const char *option, const char *text, uint64_t least,
                      uint64_t most) {
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value < least || value > most)
        argp_failure(state, EXIT_USAGE, 0, "--%s %s: a whole number from %llu to %llu", option, text,
                     (unsigned long long)least, (unsigned long long)most);
    return value;
}

double option_number(const struct argp_state *state, const char *option, const char *text) {
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        argp_failure(state, EXIT_USAGE, 0, "--%s %s: not a number", option, text);
    return value;
}

void option_fractions(const struct argp_state *state, const char *text, double *validation, double *test) {
    char *comma, *end;
    *validation = strtod(text, &comma);
    *test = *comma == ',' ? strtod(comma + 1, &end) : -1;
    if (comma == text || *comma != ',' || end == comma + 1 || *end || !(*validation >= 0) || !(*test >= 0) ||
        !(*validation + *test < 1))
        argp_failure(state, EXIT_USAGE, 0, "--fractions %s: two shares with a sum below 1, as in 0.15,0.15",
                     text);
}

const char *option_png(const struct argp_state *state, const char *option, const char *text) {
    const size_t length = strlen(text);
    if (output_path(text) != text) /* standard output */
        return output_path(text);
    if (length <= 4 || strcmp(text + length - 4, ".png") != 0)
        argp_failure(state, EXIT_USAGE, 0, "--%s %s: the name of a picture ends in .png", option, text);
    return text;
}

enum { OPTION_DEVICE = 1024, OPTION_VALIDATION, OPTION_TUNER };

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
    {"device", OPTION_DEVICE, "DEVICE", 0,
     "Number, UUID or part of the name of a device (leukvk devices lists them); 'cpu' for the processor, 'reference' for plain "
     "C; without it what LEUKVK_DEVICE says (the best graphics card, else cpu)",
     10},
    {"validation", OPTION_VALIDATION, NULL, 0, "Check every Vulkan call with the validation layers (slow)",
     10},
    {0}};

const struct argp device_argp = {device_options, parse_device, NULL, NULL, NULL, NULL, NULL};

static error_t parse_tuner(int key, char *text, struct argp_state *state) {
    lvk_device_options *device = state->input;
    if (key != OPTION_TUNER)
        return ARGP_ERR_UNKNOWN;
    if (strcmp(text, "frozen") != 0 && strcmp(text, "off") != 0)
        argp_failure(state, EXIT_USAGE, 0, "--tuner %s: frozen or off", text);
    device->no_tuning = strcmp(text, "off") == 0;
    return 0;
}

static const struct argp_option tuner_options[] = {
    {"tuner", OPTION_TUNER, "frozen|off", 0,
     "Take the kernels that leukvk tune-kernels has chosen for this device, or the first that can run (frozen)",
     10},
    {0}};

const struct argp tuner_argp = {tuner_options, parse_tuner, NULL, NULL, NULL, NULL, NULL};

void parse_arguments(const struct argp *parser, int argc, char **argv, void *input) {
    FILE *const error = stderr, *const filter = output_filter(); /* argp quotes what was typed */
    argp_err_exit_status = EXIT_USAGE;
    stderr = filter ? filter : error;
    if (argp_parse(parser, argc, argv, 0, NULL, input) != 0)
        exit(EXIT_USAGE);
    stderr = error;
    if (filter)
        fclose(filter);
}
