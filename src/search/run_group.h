/* A folder of several runs that belong together: the folds of a cross-validation, or the trials of a search.
 * A JSON file in it holds the settings, so that the same command continues the work and a command with other
 * settings is refused. */
#ifndef LVK_SEARCH_RUN_GROUP_H
#define LVK_SEARCH_RUN_GROUP_H

#include "core/error.h"
#include "leukvk/train.h"

#include <jansson.h>

/* A group of runs. All pointers are borrowed. */
typedef struct lvk_run_group {
    const char *what; /* "cross-validation" */
    const char *file; /* "cv.json" */
    json_t *config;   /* every setting; the path of the data and the time between checkpoints may change */
} lvk_run_group;

/* Fails if the folder exists and is not of this group; LVK_ERROR_ARGUMENT names the setting that differs. */
LVK_MUST_USE lvk_status lvk_run_group_check(const lvk_run_group *group, const char *folder);

/* The same, but creates the folder and its JSON file if they do not exist, and locks the folder for this
 * process. The caller closes *lock to unlock it; the end of the process unlocks it too. After a failure *lock
 * is -1. */
LVK_MUST_USE lvk_status lvk_run_group_open(const lvk_run_group *group, const char *folder, int *lock);

/* Fails if `run` was begun, and its config.json cannot be read or holds other settings than `options`, as one that
 * was changed by hand: LVK_ERROR_ARGUMENT names the file and the setting. */
LVK_MUST_USE lvk_status lvk_run_group_check_run(const lvk_run_group *group, const lvk_train_options *options,
                                                const char *run);

/* Trains the run options->run on options->split from the beginning, or resumes it if it was begun before. */
LVK_MUST_USE lvk_status lvk_run_group_train(lvk_device *device, const lvk_train_options *options,
                                            lvk_train_callback callback, void *user);

/* Logs a warning if the group `name` continues with another device, driver or leukvk than that of its run
 * `first`. Only for a new `run`, since a run that is resumed warns itself. */
LVK_MUST_USE lvk_status lvk_run_group_compare(lvk_device *device, const char *first, const char *run,
                                              const char *name);

#endif
