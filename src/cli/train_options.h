/* The options of a training, which train and cv have in common. */
#ifndef LEUKVK_CLI_TRAIN_OPTIONS_H
#define LEUKVK_CLI_TRAIN_OPTIONS_H

#include "leukvk/leukvk.h"

#include <argp.h>
#include <stdbool.h>

typedef struct train_choices {
    lvk_train_options options; /* start with lvk_train_defaults() */
    const char *first_setting; /* the first option given but --data, --epochs and --threads; NULL: none */
    bool epochs_given;
} train_choices;

/* An argp child; its input is a train_choices. */
extern const struct argp train_options_argp;

#endif
