/* The options of a training, which train, cv and tune have in common. */
#ifndef LEUKVK_CLI_TRAIN_OPTIONS_H
#define LEUKVK_CLI_TRAIN_OPTIONS_H

#include "recipes.h"

#include "leukvk/leukvk.h"

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct train_choices {
    lvk_train_options options; /* start with lvk_train_defaults() */
    const char *first_setting; /* the first option given but --data, --epochs, --recompute and --threads;
                                  NULL: none */
    bool epochs_given, recompute_given;
    const recipe *recipe; /* NULL: none. Its settings are in `options` once all arguments are parsed, but for
                             those that were given themselves: */
    uint64_t given;       /* bit i: row i of the table of options */
} train_choices;

/* An argp child; its input is a train_choices. */
extern const struct argp train_options_argp;

/* Prints the options of `leukvk train` that bring `options` about, each with a space before it, words quoted
 * for a shell where they have to be; what is as by default is left out, and so are --run, --threads and the
 * like, which have no effect on the result. */
void train_options_print(const lvk_train_options *options, FILE *out);

/* A word as a shell reads it: 'it'\''s'. */
void train_options_print_word(const char *word, FILE *out);

#endif
