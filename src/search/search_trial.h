/* One trial of a search: training of its run to the end of a round, and reading of its results. */
#ifndef LVK_SEARCH_SEARCH_TRIAL_H
#define LVK_SEARCH_SEARCH_TRIAL_H

#include "core/error.h"
#include "leukvk/search.h"

typedef struct lvk_trial_job {
    uint32_t number;            /* the trial's number, from 1 */
    char *run;                  /* the trial's run folder; owned */
    const char *search, *first; /* the folder of the search, and that of its first trial */
    const char *split;
    lvk_train_options options; /* `run` and `split` are ignored */
    uint32_t epochs;           /* epochs that are trained after this round; options.epochs: all */
} lvk_trial_job;

/* Begins or resumes the training, until `epochs` are done or the training ends. If it diverges, this is noted
 * in the folder, and the result is LVK_OK. LVK_ERROR_CANCELLED: the callback returned false. */
LVK_MUST_USE lvk_status lvk_trial_train(lvk_device *device, const lvk_trial_job *job,
                                        lvk_train_callback callback, void *user);

/* Reads the state of a trial from its folder, with the best epoch and scores among the first `epochs` (0:
 * all) of the trained epochs. *done is set to whether nothing is left to train up to `epochs`. */
LVK_MUST_USE lvk_status lvk_trial_read(const char *run, uint32_t epochs, lvk_trial *trial, bool *done);

#endif
