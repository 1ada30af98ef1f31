/* One trial of a search: a run folder that is trained as far as a round goes, and what it has come to. */
#ifndef LVK_SEARCH_SEARCH_TRIAL_H
#define LVK_SEARCH_SEARCH_TRIAL_H

#include "core/error.h"
#include "leukvk/search.h"

typedef struct lvk_trial_job {
    uint32_t number;            /* of the trial, from 1 */
    char *run;                  /* its folder */
    const char *search, *first; /* the folder of the search, and that of its first trial */
    const char *split;
    lvk_train_options options; /* run and split are not looked at */
    uint32_t epochs;           /* trained after this round; options.epochs: to the end */
} lvk_trial_job;

/* Begins the training, or goes on with it, until `epochs` are done or it ends; numbers that become infinite
 * are noted in the folder and are LVK_OK. LVK_ERROR_CANCELLED: the callback wanted to stop. */
LVK_MUST_USE lvk_status lvk_trial_train(lvk_device *device, const lvk_trial_job *job,
                                        lvk_train_callback callback, void *user);

/* What the folder says, best epoch and measures among the first `epochs` (0: all) of those trained. `done`:
 * there is nothing left to train up to `epochs`. */
LVK_MUST_USE lvk_status lvk_trial_read(const char *run, uint32_t epochs, lvk_trial *trial, bool *done);

#endif
