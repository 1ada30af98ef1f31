/* Hyperparameter search: trainings on the same data and the same split with different settings, compared by
 * the validation loss. The test part is measured, but nothing is chosen by it.
 *
 * The folder of a search holds
 *   search.json         the settings that all trials have in common, and those that are searched
 *   split.json          the split of all trials (leukvk/split.h)
 *   trial-001/ ...      the run of each trial (leukvk/train.h); diverged.json in it: why it gave no model
 *   trials.csv          a row for each trial, in the order of their numbers
 * A search that was stopped may be started again: trials that are done are kept, and trials that were stopped
 * are resumed. Every trial is a process of its own, which opens the device for itself, so that several trials
 * can run at a time. Their number makes no difference to the result. */
#ifndef LEUKVK_SEARCH_H
#define LEUKVK_SEARCH_H

#include "leukvk/train.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LVK_SEARCH_MAX_TRIALS = 999, LVK_SEARCH_MAX_VALUES = 64, LVK_SEARCH_MAX_JOBS = 64 };

typedef enum lvk_search_kind {
    LVK_SEARCH_GRID,   /* every combination of values */
    LVK_SEARCH_RANDOM, /* points drawn from the seed (Bergstra, Bengio, "Random search for hyper-parameter
                          optimization", JMLR 13, 2012) */
    LVK_SEARCH_HALVING /* all points for a few epochs, the better half of them for twice as many, and so on,
                          until one point is left with all its epochs (successive halving: Jamieson,
                          Talwalkar, "Non-stochastic best arm identification and hyperparameter
                          optimization", AISTATS 2016). The end of a round only interrupts a training: the
                          schedule of the learning rate runs over all epochs, and the last training left has
                          the same bits as an uninterrupted one */
} lvk_search_kind;

/* An axis is a text: the name of a setting on the command line, '=', and values with commas between them, or,
 * for numbers, a range from which values are drawn:
 *   "learning-rate=0.001,0.0003"   "optimizer=adam,sgd"   "dropout=0..0.5"
 * Settings can be searched if `grid` in train_option_list.h is not 0. A further axis of the same setting adds
 * values. A value of head, which contains commas itself, is the whole text. Values of learning-rate,
 * weight-decay and l2 are drawn uniformly in the logarithm, others uniformly. */
typedef struct lvk_search_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    lvk_train_options
        train;          /* of every trial, but for the searched settings; `run` and `split` are ignored */
    const char *folder; /* new, empty, or of the same search; NULL: runs/<date>-<time>-search-<model> */
    lvk_search_kind kind;
    const char *const *axes;
    /* 0: the grid of the Keras work, epochs 10, 15, 20 x learning rate 0.001, 0.01, 0.1 x dropout 0, 0.25,
     * 0.5; for halving the same without the epochs; for random the ranges around it. */
    size_t axis_count;
    uint32_t trials; /* points to draw: for random at least 1; for halving, 0 stands for the whole grid */
    /* Trials at a time, 1 to LVK_SEARCH_MAX_JOBS. The number has no effect on the result, except for the last
     * digits of sums on the device cpu, where each trial computes with its share of the threads. */
    uint32_t jobs;
    bool
        refit; /* lvk_search_refit will follow: lvk_search_run refuses at once a data set for which it would fail */
} lvk_search_options;

typedef enum lvk_trial_outcome {
    LVK_TRIAL_OPEN,     /* not done yet */
    LVK_TRIAL_FINISHED, /* trained and tested */
    LVK_TRIAL_DROPPED,  /* not among the better half of a round of halving */
    LVK_TRIAL_DIVERGED  /* its numbers became infinite */
} lvk_trial_outcome;

/* The state of a trial. NaN stands for numbers that are not known. The validation scores are those of the
 * best epoch. */
typedef struct lvk_trial {
    lvk_trial_outcome outcome;
    uint32_t epochs, best_epoch; /* epochs trained, and the one with the lowest validation loss; 0: none */
    double validation_loss, validation_auc,
        validation_f1_weighted; /* of three and more classes the macro AUC */
    double test_auc;            /* not to choose by */
} lvk_trial;

/* A search. One thread at a time may use it. */
typedef struct lvk_search lvk_search;

/* Makes the points of a search and checks them; no file is written. What the options point to is copied. The
 * caller destroys the search. LVK_ERROR_ARGUMENT names an axis or a value that is not allowed. */
LVK_API LVK_MUST_USE lvk_status lvk_search_create(const lvk_search_options *options, lvk_search **search);
LVK_API void lvk_search_destroy(lvk_search **search);

/* Texts belong to the search. Trials are numbered from 1. */
LVK_API uint32_t lvk_search_trial_count(const lvk_search *search);
LVK_API uint32_t lvk_search_axis_count(const lvk_search *search);
LVK_API const char *lvk_search_axis_name(const lvk_search *search, uint32_t axis);
LVK_API const char *lvk_search_value(const lvk_search *search, uint32_t trial, uint32_t axis);
LVK_API const char *lvk_search_folder(const lvk_search *search);
LVK_API lvk_train_options lvk_search_trial_options(const lvk_search *search,
                                                   uint32_t trial); /* without run */

/* The state of a trial, read from its folder. */
LVK_API const lvk_trial *lvk_search_trial(const lvk_search *search, uint32_t trial);

/* Fills `order`, which has room for all trials, with their numbers: the lowest validation loss first, trials
 * without one last, ties by number. */
LVK_API void lvk_search_rank(const lvk_search *search, uint32_t *order);

/* Whether this process is the first rank, which writes trials.csv and prints results. Only in an MPI job (a
 * build with LEUKVK_MPI, started with mpirun) there are others. */
LVK_API bool lvk_search_is_first(const lvk_search *search);

typedef enum lvk_search_event_kind {
    LVK_SEARCH_ROUND, /* trials begin: all trials, or those of a round of halving */
    LVK_SEARCH_EPOCH, /* an epoch of a trial was trained and validated */
    LVK_SEARCH_TRIAL, /* a trial is done, for this round or altogether */
    LVK_SEARCH_IDLE   /* nothing has changed; comes several times a second */
} lvk_search_event_kind;

typedef struct lvk_search_event {
    lvk_search_event_kind kind;
    uint32_t trial;         /* EPOCH, TRIAL: the number of the trial */
    uint32_t round, rounds; /* the number of the round, from 1, and the number of all rounds */
    uint32_t trials;        /* trials in the round */
    uint32_t done;          /* trials of the round that are done */
    uint32_t epoch,
        epochs;       /* EPOCH: those of the trial; ROUND: `epochs` is the number that the round trains */
    double loss, auc; /* EPOCH, TRIAL: on the validation part */
    bool best;        /* EPOCH: this is the trial's lowest validation loss so far */
    bool kept;        /* TRIAL: the trial was done before this call */
} lvk_search_event;

/* Called on the calling thread. False stops all trials, which save their train states, with
 * LVK_ERROR_CANCELLED. */
typedef bool (*lvk_search_callback)(void *user, const lvk_search_event *event);

/* Opens the device in a process of its own, as trials do, and closes it. The function must be called before
 * this process opens a device or starts threads. If it is not called, lvk_search_run checks the device after
 * its other checks. LVK_ERROR_ARGUMENT: the options name no device. */
LVK_API LVK_MUST_USE lvk_status lvk_search_check_device(lvk_search *search, const lvk_device_options *device);

/* The name of that device; "" before it was checked. */
LVK_API const char *lvk_search_device(const lvk_search *search);

/* The threads with which each trial computes on the device cpu, unless the device's options or OMP_NUM_THREADS say how many;
 * 0: all that a single training has. */
LVK_API uint32_t lvk_search_trial_threads(const lvk_search *search);

/* Runs the trials that are not done yet. The function must be called before this process opens a device or
 * starts threads, since it forks a process for each trial. It does not handle SIGINT; the caller may do so,
 * and return false from the callback. LVK_ERROR_ARGUMENT: the folder holds another search; the error line
 * names the key in which they differ. LVK_ERROR_NUMERIC: every trial diverged. */
LVK_API LVK_MUST_USE lvk_status lvk_search_run(lvk_search *search, const lvk_device_options *device,
                                               lvk_search_callback callback, void *user);

/* After lvk_search_run, trains one model with the settings of a trial on all images of the data set, in the
 * search's folder/refit (leukvk/train.h); done before, or interrupted, it goes on. `callback` and `temperature` may be NULL.
 * `*temperature`: the model's, by the trial's test part; 0: it has none. LVK_ERROR_ARGUMENT: the folder has the model of another
 * trial's settings, or the data set has parts of its own (lvk_dataset_has_parts). */
LVK_API LVK_MUST_USE lvk_status lvk_search_refit(const lvk_search *search, lvk_device *device, uint32_t trial,
                                                 lvk_train_callback callback, void *user,
                                                 double *temperature);

#ifdef __cplusplus
}
#endif
#endif
