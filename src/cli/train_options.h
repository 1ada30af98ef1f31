/* The options of a training, which train, cv and tune have in common. */
#ifndef LEUKVK_CLI_TRAIN_OPTIONS_H
#define LEUKVK_CLI_TRAIN_OPTIONS_H

#include "presets.h"

#include "leukvk/leukvk.h"

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct train_choices {
    lvk_train_options options;
    const char *first_setting; /* the first option given that a resumed run does not take; NULL: none */
    const preset *preset; /* NULL: none. Its settings are in `options` once all arguments are parsed, but for
                             those that were given themselves: */
    uint64_t given;       /* bit i: option i of the library's table */
    bool freeze;          /* unfreeze was given as --freeze */
} train_choices;

/* All as by default. Called before parsing, since it also makes the table of options for argp. */
train_choices train_choices_begin(void);

/* An argp child; its input is a train_choices. */
extern const struct argp train_options_argp;

/* Headings of the groups GROUP_DATA to GROUP_OUTPUT, to which the verbs' own options
 * belong too; train_options_argp has them. */
extern const struct argp_option train_options_headings[];

/* Whether the option with this key was given. */
bool train_choices_given(const train_choices *choices, const char *key);

/* When all arguments are parsed: ends the program with a line and EXIT_USAGE where an option was given that
 * the model, or the optimizer, makes no use of, or no data set. */
void train_choices_check_use(const train_choices *choices, bool several_optimizers, struct argp_state *state);

/* The same, and where a setting makes no sense. */
void train_choices_check(const train_choices *choices, struct argp_state *state);

/* Prints the options of `leukvk train` that bring `options` about, each with a space before it, words quoted
 * for a shell where they have to be; what is as by default is left out, and so are --run, --threads and the
 * like, which have no effect on the result. */
void train_options_print(const lvk_train_options *options, FILE *out);

/* Prints how a report of the folder is made. It is not made at once: it takes up to some seconds,
 * which scripts that train many short runs would pay for pages that nobody opens. */
void train_options_print_report(const char *folder);

/* Prints which temperature and threshold the training gave the model of a refit. `by`: the images that the temperature was chosen by, as "the
 * test images"; `temperature` 0: none was. */
void train_options_print_temperature(double temperature, const char *by);

/* A word as a shell reads it: 'it'\''s'. */
void train_options_print_word(const char *word, FILE *out);

#endif
