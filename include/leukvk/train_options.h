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
    /* `data`'s images, where that folder has been read already; stays the caller's. NULL: it is read. */
    const lvk_dataset *dataset;

    /* The processes of an MPI job that share the batches of each step: see lvk_train. NULL: one. */
    const lvk_ranks *ranks;

#define LVK_TRAIN_OPTION(type, member, default, check, key, alias, argument, group, used_by, grid, record,   \
                         help)                                                                               \
    LVK_C_TYPE_##type member;
#include "leukvk/train_option_list.h"
#undef LVK_TRAIN_OPTION
} lvk_train_options;

/* Each option's number in the table of all, from 0: LVK_TRAIN_OPTION_batch. */
enum {
#define LVK_TRAIN_OPTION(type, member, default, check, key, alias, argument, group, used_by, grid, record,   \
                         help)                                                                               \
    LVK_TRAIN_OPTION_##member,
#include "leukvk/train_option_list.h"
#undef LVK_TRAIN_OPTION
    LVK_TRAIN_OPTION_COUNT
};

/* The list's defaults; `data` is still to be set. They are the best of the Keras work but for what made its
 * network learn little more than the cells' size: a constant and higher learning rate, on pixels from 0 to 1.
 */
lvk_train_options lvk_train_defaults(void);

typedef enum lvk_option_type {
    LVK_OPTION_TEXT,
    LVK_OPTION_FLAG,
    LVK_OPTION_NUMBER,
    LVK_OPTION_COUNT,
    LVK_OPTION_SEED
} lvk_option_type;

typedef enum lvk_option_check {
    LVK_OPTION_ANY,
    LVK_OPTION_ONE_OF,         /* of `choices` */
    LVK_OPTION_FROM_TO,        /* least <= value <= most */
    LVK_OPTION_FROM_BELOW,     /* least <= value < most */
    LVK_OPTION_ABOVE_TO,       /* least < value <= most */
    LVK_OPTION_ZERO_OR_FROM_TO /* 0, or least <= value <= most */
} lvk_option_check;

/* Headings of a list of options. */
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
    LVK_OPTION_USED_BY_RESNETS, /* models with one */
    LVK_OPTION_USED_BY_FROZEN,  /* those whose backbone is frozen */
    LVK_OPTION_USED_BY_THAWED,  /* those of whose backbone at least a stage is trained */
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
    const char *key;  /* on the command line */
    const char *alias, *argument, *help;
    size_t offset;       /* of the member */
    const char *choices; /* "a|b" */
    double least, most;
    lvk_option_type type;
    lvk_option_check check;
    lvk_option_group group;
    lvk_option_use used_by;
    lvk_option_record record;
    uint32_t grid; /* 0: not searched */
} lvk_train_option;

/* All LVK_TRAIN_OPTION_COUNT of them, in the list's order. Static. */
const lvk_train_option *lvk_train_option_table(void);

/* The option that the command line calls `key`; NULL: there is none. Aliases are not looked at. */
const lvk_train_option *lvk_train_option_find(const char *key);

/* Whether two sets of options have the same value of one. */
bool lvk_train_option_equal(const lvk_train_option *option, const lvk_train_options *a,
                            const lvk_train_options *b);

/* The value as the command line takes it ("on" and "off" of flags, "" of a text that is NULL), cut to `size`.
 * Returns `text`. */
char *lvk_train_option_format(const lvk_train_option *option, const lvk_train_options *options, char *text,
                              size_t size);

/* LVK_ERROR_ARGUMENT: the value is not among those that the list allows; the line names the option as the
 * command line does ("--batch 0: must be from 1 to 1024"). */
LVK_MUST_USE lvk_status lvk_train_option_check(const lvk_train_option *option,
                                               const lvk_train_options *options);

/* LVK_ERROR_ARGUMENT: the model or the optimizer that `options` name makes no use of this option; the line
 * says which ones do. */
LVK_MUST_USE lvk_status lvk_train_option_check_use(const lvk_train_option *option,
                                                   const lvk_train_options *options);

/* All that can be checked without images and a device, which lvk_train also does first: each value, what does
 * not go together, and options that are not as by default though nothing makes use of them.
 * LVK_ERROR_ARGUMENT. */
LVK_MUST_USE lvk_status lvk_train_options_check(const lvk_train_options *options);

#ifdef __cplusplus
}
#endif
#endif
