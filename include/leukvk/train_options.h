/* The options of a training: the struct, its defaults, and a table that describes each of them to programs
 * that offer them to people. All are expanded from train_option_list.h, which says what each does. */
#ifndef LEUKVK_TRAIN_OPTIONS_H
#define LEUKVK_TRAIN_OPTIONS_H

#include "leukvk/dataset.h"
#include "leukvk/ranks.h"
#include "leukvk/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LVK_C_TYPE_TEXT   const char *
#define LVK_C_TYPE_FLAG   bool
#define LVK_C_TYPE_NUMBER double
#define LVK_C_TYPE_COUNT  uint32_t
#define LVK_C_TYPE_SEED   uint64_t

typedef struct lvk_train_options {
    /* The data set at `data`, if the caller has read it already, and keeps it. NULL: it is read from
     * `data`. */
    const lvk_dataset *dataset;

    /* A line that the model's file keeps: how good the model is expected to be, by a test of others that were
     * trained in the same way. NULL: none. */
    const char *estimate;

    /* By how much the limit of novelty is larger for people not seen, as a model measured that was trained in the
     * same way on some of the people (the entry "novelty_unseen_ratio" of its file). 0: by the people held out. */
    double novelty_ratio;

    /* The temperature of the model's logits (leukvk/calibrate.h), chosen by images held out from models that were
     * trained in the same way. 0: the model has none. */
    double temperature;

    /* The ranks of an MPI job, which share the microbatches of each step (see lvk_train). NULL: one
     * process. */
    const lvk_ranks *ranks;

#define LVK_TRAIN_OPTION(type, member, default, check, key, alias, argument, group, used_by, grid, record,   \
                         help)                                                                               \
    LVK_C_TYPE_##type member;
#include "leukvk/train_option_list.h"
#undef LVK_TRAIN_OPTION
} lvk_train_options;

/* The number of each option in the table of all options, from 0, such as LVK_TRAIN_OPTION_batch. */
enum {
#define LVK_TRAIN_OPTION(type, member, default, check, key, alias, argument, group, used_by, grid, record,   \
                         help)                                                                               \
    LVK_TRAIN_OPTION_##member,
#include "leukvk/train_option_list.h"
#undef LVK_TRAIN_OPTION
    LVK_TRAIN_OPTION_COUNT
};

/* The defaults of the list; the caller must set `data`. They are the best settings of the Keras work, with
 * two changes: there a higher, constant learning rate on pixels from 0 to 1 made the network learn little
 * more than the cells' size. */
LVK_API lvk_train_options lvk_train_defaults(void);

typedef enum lvk_option_type {
    LVK_OPTION_TEXT,
    LVK_OPTION_FLAG,
    LVK_OPTION_NUMBER,
    LVK_OPTION_COUNT,
    LVK_OPTION_SEED
} lvk_option_type;

typedef enum lvk_option_check {
    LVK_OPTION_ANY,
    LVK_OPTION_ONE_OF,         /* one of `choices` */
    LVK_OPTION_ONE_OF_OR_AUTO, /* the same, or "auto", the default, which no list of values names */
    LVK_OPTION_FROM_TO,        /* least <= value <= most */
    LVK_OPTION_FROM_BELOW,     /* least <= value < most */
    LVK_OPTION_ABOVE_TO,       /* least < value <= most */
    LVK_OPTION_ZERO_OR_FROM_TO /* 0, or least <= value <= most */
} lvk_option_check;

/* The groups of options, which are headings of a list. */
typedef enum lvk_option_group {
    LVK_OPTION_GROUP_NONE, /* not in the list that train, cv and tune have in common */
    LVK_OPTION_GROUP_DATA,
    LVK_OPTION_GROUP_MODEL,
    LVK_OPTION_GROUP_TRAINING,
    LVK_OPTION_GROUP_OUTPUT
} lvk_option_group;

typedef enum lvk_option_use {
    LVK_OPTION_USED_BY_ALL,
    LVK_OPTION_USED_BY_CNNS,    /* models without a backbone */
    LVK_OPTION_USED_BY_RESNETS, /* models with a backbone */
    LVK_OPTION_USED_BY_FROZEN,  /* models whose whole backbone is frozen */
    LVK_OPTION_USED_BY_THAWED,  /* models of whose backbone at least one stage is trained */
    LVK_OPTION_USED_BY_IMAGES,  /* trainings on images, not on the features of a frozen backbone; a FLAG */
    LVK_OPTION_USED_BY_SGD,
    LVK_OPTION_USED_BY_ADAMW
} lvk_option_use;

typedef enum lvk_option_record {
    LVK_OPTION_INPUT, /* not in config.json */
    LVK_OPTION_KEPT,  /* in config.json; a resumed run may have another value */
    LVK_OPTION_LATER_KEPT,
    LVK_OPTION_IDENTITY, /* in config.json; the numbers of a run depend on it */
    LVK_OPTION_LATER_IDENTITY
} lvk_option_record;

typedef struct lvk_train_option {
    const char *name; /* the struct's member, and the key in config.json */
    const char *key;  /* its name on the command line, without dashes */
    const char *alias, *argument, *help;
    size_t offset;       /* bytes from the beginning of the struct to the member */
    const char *choices; /* of ONE_OF and ONE_OF_OR_AUTO: "a|b" */
    double least, most;
    lvk_option_type type;
    lvk_option_check check;
    lvk_option_group group;
    lvk_option_use used_by;
    lvk_option_record record;
    uint32_t grid; /* its number among the searched settings; 0: not searched */
} lvk_train_option;

/* The table of all LVK_TRAIN_OPTION_COUNT options, in the order of the list. Static. */
LVK_API const lvk_train_option *lvk_train_option_table(void);

/* The option with the name `key` on the command line; NULL: there is none. Aliases are not compared. */
LVK_API const lvk_train_option *lvk_train_option_find(const char *key);

/* Whether `a` and `b` have the same value of an option. */
LVK_API bool lvk_train_option_equal(const lvk_train_option *option, const lvk_train_options *a,
                                    const lvk_train_options *b);

/* Writes the value as the command line takes it ("on" or "off" for a flag, "" for a text that is NULL) into
 * `text`, cut to `size` bytes, and returns `text`. */
LVK_API char *lvk_train_option_format(const lvk_train_option *option, const lvk_train_options *options,
                                      char *text, size_t size);

/* Fails with LVK_ERROR_ARGUMENT if the list does not allow the value; the error line names the option as the
 * command line does ("--batch 0: must be from 1 to 1024"). */
LVK_API LVK_MUST_USE lvk_status lvk_train_option_check(const lvk_train_option *option,
                                                       const lvk_train_options *options);

/* Fails with LVK_ERROR_ARGUMENT if the model or the optimizer that `options` name does not use this option;
 * the error line says which ones do. */
LVK_API LVK_MUST_USE lvk_status lvk_train_option_check_use(const lvk_train_option *option,
                                                           const lvk_train_options *options);

/* Checks all that can be checked without images and a device: each value, options that exclude each other,
 * and options that differ from their defaults although nothing uses them. lvk_train calls this function
 * first. LVK_ERROR_ARGUMENT. */
LVK_API LVK_MUST_USE lvk_status lvk_train_options_check(const lvk_train_options *options);

#ifdef __cplusplus
}
#endif
#endif
