/* Command-line options that several verbs have, and reading numbers. What makes no sense ends the program
 * with one line and EXIT_USAGE. */
#ifndef LEUKVK_CLI_OPTIONS_H
#define LEUKVK_CLI_OPTIONS_H

#include "leukvk/leukvk.h"

#include <argp.h>
#include <stdint.h>

/* Groups of options in every verb's --help, in this order. An option table that has the first option of a group has its
 * heading too; what the heading of GROUP_WORK is depends on the verb. */
enum { GROUP_SEARCH = 1, GROUP_DATA, GROUP_MODEL, GROUP_WORK, GROUP_OUTPUT, GROUP_DEVICE };

/* The group of an option of the library's table, lvk_option_group. */
#define OPTION_GROUP(group) ((int)(group) - LVK_OPTION_GROUP_DATA + GROUP_DATA)

/* The row of an option table that is the heading of a group. */
#define OPTION_HEADING(text, group) {NULL, 0, NULL, 0, text, group}

/* A whole number from `least` to `most`. */
uint64_t option_count(const struct argp_state *state, const char *option, const char *text, uint64_t least,
                      uint64_t most);

/* A finite number; its range is the library's to check. */
double option_number(const struct argp_state *state, const char *option, const char *text);

/* "V,T": shares of the validation and the test part, 0 and more, together below 1. */
void option_fractions(const struct argp_state *state, const char *text, double *validation, double *test);

/* The name of a picture to write: it ends in .png. Returns `text`. */
const char *option_png(const struct argp_state *state, const char *option, const char *text);

/* A way of cropping; ends the program where there is no such way. */
void option_crop(const struct argp_state *state, const char *option, const char *text);

/* Ends the program where one of these options, a list that ends with NULL, was given: "--NAME: WHY".
 * `state` is NULL after parsing. */
void option_refuse(const struct argp_state *state, const char *const *names, const char *why);

/* The options --columns and --subject-pattern as an argp child; its input is an lvk_dataset_options. */
extern const struct argp data_argp;

/* The options --device and --validation as an argp child; its input is an lvk_device_options. */
extern const struct argp device_argp;

/* --tuner, likewise. */
extern const struct argp tuner_argp;

/* --no-selftest; its input is a bool. */
extern const struct argp selftest_argp;

/* Before a training: runs the self-test that a new device, driver or leukvk needs once, unless it is skipped, and tells
 * of it on standard error. */
int option_selftest(lvk_device *device, bool skip);

/* The same in a process of its own, for a verb that opens the device in other processes only. Returns the exit status,
 * after a failure has been told. */
int option_selftest_apart(const lvk_device_options *options, bool skip);

/* Opens the device. Ends the program with EXIT_USAGE where the options name none; returns an lvk_status
 * otherwise. */
int option_device_open(const lvk_device_options *options, lvk_device **device);

/* With --quiet, names the device where it was given by its number, which may be another device's tomorrow. Without, a log
 * line has named it. For verbs that do not print it in any case. */
void option_device_tell(const lvk_device_options *options, const lvk_device *device);

/* Parses with EXIT_USAGE as the status for mistakes, which are told with a suggestion for an option that was
 * mistyped. Every verb also has --help, and --quiet, which quiet.h tells of. Help and mistakes end
 * the program. */
void parse_arguments(const struct argp *parser, int argc, char **argv, void *input);

#endif
