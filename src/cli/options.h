/* Command-line options that several verbs have, and reading numbers. What makes no sense ends the program
 * with one line and EXIT_USAGE. */
#ifndef LEUKVK_CLI_OPTIONS_H
#define LEUKVK_CLI_OPTIONS_H

#include "leukvk/leukvk.h"

#include <argp.h>
#include <stdint.h>

/* A whole number from `least` to `most`. */
uint64_t option_count(const struct argp_state *state, const char *option, const char *text, uint64_t least,
                      uint64_t most);

/* A finite number; its range is the library's to check. */
double option_number(const struct argp_state *state, const char *option, const char *text);

/* "V,T": shares of the validation and the test part, 0 and more, together below 1. */
void option_fractions(const struct argp_state *state, const char *text, double *validation, double *test);

/* The name of a picture to write: it ends in .png. Returns `text`. */
const char *option_png(const struct argp_state *state, const char *option, const char *text);

/* The options --device and --validation as an argp child; its input is an lvk_device_options. */
extern const struct argp device_argp;

/* --tuner, likewise. */
extern const struct argp tuner_argp;

/* Parses with EXIT_USAGE as the status for mistakes. Help and mistakes end the program. */
void parse_arguments(const struct argp *parser, int argc, char **argv, void *input);

#endif
