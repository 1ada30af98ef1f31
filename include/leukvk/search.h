/* Hyperparameter search: the same data and the same split, trained with other settings, compared by the
 * validation loss. The test part is measured and must not choose.
 *
 * The folder of a search holds
 *   search.json         the settings of all trials, and what is searched
 *   split.json          the split of all trials (leukvk/split.h)
 *   trial-001/ ...      a run a trial (leukvk/train.h); diverged.json in it: why it gave no model
 *   trials.csv          a row a trial, in the order of their numbers
 * A search that was stopped goes on where it was: trials that are done are kept, one that was stopped is
 * resumed. Every trial is a process of its own with its own device, so that several can work at a time; how
 * many makes no difference to the result. */
#ifndef LEUKVK_SEARCH_H
#define LEUKVK_SEARCH_H

#include "leukvk/train.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LVK_SEARCH_MAX_TRIALS = 999, LVK_SEARCH_MAX_VALUES = 64, LVK_SEARCH_MAX_JOBS = 64 };

typedef enum lvk_search_kind {
    LVK_SEARCH_GRID,   /* every combination */
    LVK_SEARCH_RANDOM, /* points drawn from the seed (Bergstra, Bengio, "Random search for hyper-parameter
                          optimization", JMLR 13, 2012) */
    LVK_SEARCH_HALVING /* all points for a few epochs, the better half for twice as many, and so on, until one
                          is left with all its epochs (successive halving: Jamieson, Talwalkar,
                          "Non-stochastic best arm identification and hyperparameter optimization", AISTATS
                          2016). A round only interrupts a training: its schedule, a cosine for example, runs
                          over all epochs from the start, and the last one left is to the bit what an
                          uninterrupted training would have been */
} lvk_search_kind;

/* An axis is a text: a setting's name as the command line has it, '=', and values with commas between them,
 * or for numbers a range to draw from:
 *   "learning-rate=0.001,0.0003"   "optimizer=adam,sgd"   "dropout=0..0.5"
 * The settings are those that have a number for it in train_option_list.h. A setting named again gets further
 * values; a head, which holds commas itself, is one value. Ranges of learning-rate, weight-decay and l2 are
 * drawn from uniformly in the logarithm, others uniformly. */
typedef struct lvk_search_options {
    lvk_train_options train; /* of every trial but for what is searched; run and split are not looked at */
    const char *folder;      /* new, empty, or of the same search; NULL: runs/<date>-<time>-search-<model> */
    lvk_search_kind kind;
    const char *const *axes;
    size_t axis_count; /* 0: the grid of the Keras work, epochs 10, 15, 20 x learning rate 0.001, 0.01, 0.1 x
                          dropout 0, 0.25, 0.5; for halving without the epochs, for random the ranges around
                          it */
    uint32_t trials;   /* points to draw, at least 1 for random; halving: 0: all of the grid */
    /* Trials at a time, 1 to LVK_SEARCH_MAX_JOBS. No effect on the result, but for the last digits of sums on the device
     * cpu, where each trial computes with its share of the threads. */
    uint32_t jobs;
} lvk_search_options;

typedef enum lvk_trial_outcome {
    LVK_TRIAL_OPEN,     /* not done yet */
    LVK_TRIAL_FINISHED, /* trained and tested */
    LVK_TRIAL_DROPPED,  /* a round of halving went on without it */
    LVK_TRIAL_DIVERGED  /* its numbers became infinite */
} lvk_trial_outcome;

/* NaN: not known. Validation is measured at the best epoch. */
typedef struct lvk_trial {
    lvk_trial_outcome outcome;
    uint32_t epochs, best_epoch; /* trained; the one with the lowest validation loss, 0: none */
    double validation_loss, validation_auc,
        validation_f1_weighted; /* of three and more classes the macro AUC */
    double test_auc;            /* not to choose by */
} lvk_trial;

/* Used by one thread at a time. */
typedef struct lvk_search lvk_search;

/* Checks all points and draws them; nothing is written. LVK_ERROR_ARGUMENT names an axis or a value that
 * cannot be. What the options point to is copied. */
LVK_MUST_USE lvk_status lvk_search_create(const lvk_search_options *options, lvk_search **search);
void lvk_search_destroy(lvk_search **search);

/* Texts belong to the search. Trials are numbered from 1. */
uint32_t lvk_search_trial_count(const lvk_search *search);
uint32_t lvk_search_axis_count(const lvk_search *search);
const char *lvk_search_axis_name(const lvk_search *search, uint32_t axis);
const char *lvk_search_value(const lvk_search *search, uint32_t trial, uint32_t axis);
const char *lvk_search_folder(const lvk_search *search);
lvk_train_options lvk_search_trial_options(const lvk_search *search, uint32_t trial); /* without run */

/* Where a trial stands, as its folder says. */
const lvk_trial *lvk_search_trial(const lvk_search *search, uint32_t trial);

/* The trials with the lowest validation loss first, those without one last, ties by number. `order` has room
 * for all. */
void lvk_search_rank(const lvk_search *search, uint32_t *order);

/* False: of an MPI job (a build with LEUKVK_MPI, started with mpirun), this is not the first process, which
 * writes trials.csv and is the one to print results. */
bool lvk_search_is_first(const lvk_search *search);

typedef enum lvk_search_event_kind {
    LVK_SEARCH_ROUND, /* trials begin: all of them, or a round of halving */
    LVK_SEARCH_EPOCH, /* an epoch of a trial was trained and validated */
    LVK_SEARCH_TRIAL, /* a trial is done, for this round or for good */
    LVK_SEARCH_IDLE   /* nothing new; told several times a second */
} lvk_search_event_kind;

typedef struct lvk_search_event {
    lvk_search_event_kind kind;
    uint32_t trial;         /* EPOCH, TRIAL: its number */
    uint32_t round, rounds; /* from 1 */
    uint32_t trials;        /* of the round */
    uint32_t done;          /* of them */
    uint32_t epoch, epochs; /* ROUND: `epochs` is how many the round trains; EPOCH: of the trial */
    double loss, auc;       /* EPOCH, TRIAL: of the validation part */
    bool best;              /* EPOCH: the trial's lowest validation loss so far */
    bool kept;              /* TRIAL: it had been done before */
} lvk_search_event;

/* Called on the calling thread. False: stop all trials, which save their positions, with LVK_ERROR_CANCELLED.
 */
typedef bool (*lvk_search_callback)(void *user, const lvk_search_event *event);

/* Opens the device in a process of its own, as trials do, and closes it: lvk_search_run does so too where this was
 * not called, after other checks. To be called before this process opens a device or starts threads.
 * LVK_ERROR_ARGUMENT: the options name no device. */
LVK_MUST_USE lvk_status lvk_search_check_device(lvk_search *search, const lvk_device_options *device);

/* The name of that device; "" before it was checked. */
const char *lvk_search_device(const lvk_search *search);

/* Runs what is not done yet. To be called before this process opens a device or starts threads: trials are
 * forked from it. SIGINT is left to the caller, who returns false from the callback. LVK_ERROR_ARGUMENT: the
 * folder holds another search; the key in which they differ is named. LVK_ERROR_NUMERIC: every trial
 * diverged. */
LVK_MUST_USE lvk_status lvk_search_run(lvk_search *search, const lvk_device_options *device,
                                       lvk_search_callback callback, void *user);

#ifdef __cplusplus
}
#endif
#endif
