/* A folder of several runs that belong together: the folds of a cross-validation, the trials of a search. It
 * says in a JSON file which it is of, so that the same command goes on with it and another is refused. */
#ifndef LVK_SEARCH_RUN_GROUP_H
#define LVK_SEARCH_RUN_GROUP_H

#include "core/error.h"
#include "leukvk/train.h"

#include <jansson.h>

/* Borrowed. */
typedef struct lvk_run_group {
    const char *what; /* "cross-validation" */
    const char *file; /* "cv.json" */
    json_t *config;   /* every setting. Where the data lies and how often positions are saved may change */
} lvk_run_group;

/* A folder that is there must be of this group; LVK_ERROR_ARGUMENT names the setting in which it differs. */
LVK_MUST_USE lvk_status lvk_run_group_check(const lvk_run_group *group, const char *folder);

/* The same, for the one process that works there: makes the folder and its JSON file where they are not there
 * and locks it. *lock is closed by the caller, which unlocks it, as does the end of the process; -1 after a
 * failure. */
LVK_MUST_USE lvk_status lvk_run_group_open(const lvk_run_group *group, const char *folder, int *lock);

/* Trains the run options->run on options->split from the beginning or, where one was begun, from where it
 * was. */
LVK_MUST_USE lvk_status lvk_run_group_train(lvk_device *device, const lvk_train_options *options,
                                            lvk_train_callback callback, void *user);

/* Logs a warning that `name` goes on with another device, driver or leukvk than the run `first` of the group was begun
 * with, where `run` is new: a run that goes on says so itself. */
LVK_MUST_USE lvk_status lvk_run_group_compare(lvk_device *device, const char *first, const char *run,
                                              const char *name);

#endif
