/* Training a model on a data set, into a run folder.
 *
 * A run folder holds all that is needed to evaluate, use, repeat and resume the training:
 *   config.json                    every setting, resolved
 *   split.json                     which images train, validate and test (leukvk/split.h)
 *   metrics.csv                    one row an epoch; holds only numbers that the same seed repeats to the bit
 *   timing.csv                     seconds, images/s and waiting of each epoch
 *   checkpoint-last.safetensors    parameters, optimizer state and position: what resuming starts from
 *   checkpoint-best.safetensors    the same at the lowest validation loss so far
 *   model.safetensors              parameters of the best epoch and how to feed them: what predicting needs
 *   predictions-<part>.csv         of validation, test and preliminary images, by the best model
 *   results.json                   the metrics of those parts, and the run's totals
 *   profile.json                   if a profile was asked for: where the time of one step went, as a trace
 * Files are renamed into place whole, so a kill at any moment leaves a folder that resumes. */
#ifndef LEUKVK_TRAIN_H
#define LEUKVK_TRAIN_H

#include "leukvk/device.h"
#include "leukvk/predictions.h"
#include "leukvk/profile.h"
#include "leukvk/ranks.h"
#include "leukvk/split.h"
#include "leukvk/train_options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum lvk_train_event_kind {
    LVK_TRAIN_STARTED,  /* data and device are ready; `run` is set */
    LVK_TRAIN_FEATURES, /* of a frozen backbone, some were computed */
    LVK_TRAIN_PROFILE,  /* the step's last batch was profiled; its STEP follows */
    LVK_TRAIN_STEP,     /* a step was trained: one batch, or `accumulate` of them */
    LVK_TRAIN_EPOCH,    /* an epoch was trained, validated and saved */
    LVK_TRAIN_FINISHED  /* the best model was tested */
} lvk_train_event_kind;

typedef struct lvk_train_event {
    lvk_train_event_kind kind;
    const char *run;        /* the run folder */
    uint32_t epoch, epochs; /* the current one, from 1; how many at most */
    uint32_t step, steps;   /* of the epoch */
    uint32_t images;        /* trained so far in this epoch */
    double loss, accuracy;  /* means over the epoch so far */
    double images_per_second;
    double waited;                    /* share of the epoch's time spent waiting for images, 0..1 */
    double seconds_left;              /* of the epoch */
    size_t features, features_wanted; /* FEATURES: pictures done and in all; images_per_second is theirs */
    /* EPOCH: of this epoch. Of three and more classes the loss, accuracy, balanced accuracy, F1 and AUC (macro), Brier
     * score and ECE of leukvk/class_metrics.h; other scores are NaN */
    const lvk_metrics *validation;
    bool best;                  /* EPOCH: the lowest validation loss so far */
    const lvk_profile *profile; /* PROFILE: of this step */
    uint32_t
        subjects[LVK_SPLIT_PART_COUNT]; /* STARTED, FINISHED: how many people, and images, each part has */
    size_t part_images[LVK_SPLIT_PART_COUNT];
    size_t part_unnamed[LVK_SPLIT_PART_COUNT];   /* of these, images of which no subject is known */
    const char *positive_class, *negative_class; /* STARTED: of two classes; else "" */
    uint32_t class_count;                        /* STARTED: three and more; 0: two */
    const char *const *class_names;              /* STARTED: of three and more; else NULL */
    uint64_t parameters;                         /* STARTED */
    uint64_t memory_estimate;                    /* STARTED: device memory by plan, bytes */
    uint64_t memory_kept; /* STARTED: what it would be were activations kept that are computed again; 0: all
                             are kept */
    uint32_t resumed_epoch,
        resumed_step; /* STARTED: position that the run was resumed at; 0, 0: from the beginning */
} lvk_train_event;

/* Called on the calling thread. False: save the position and stop with LVK_ERROR_CANCELLED. */
typedef bool (*lvk_train_callback)(void *user, const lvk_train_event *event);

typedef struct lvk_train_result {
    char run[4096];
    char positive_class[256],
        negative_class[256]; /* of two classes; else "", and the reports have the names */
    uint32_t epochs, best_epoch;
    bool stopped_early;
    bool by_image;                     /* people are on both sides of the split */
    bool tested[LVK_SPLIT_PART_COUNT]; /* which parts are evaluated */
    lvk_evaluation_report reports[LVK_SPLIT_PART_COUNT];
    double seconds;
} lvk_train_result;

/* Trains from the beginning. With several ranks each calls this with the same options; they share the batches
 * of each step, at most `accumulate`, and give the bits of one process with devices of that kind. The first
 * alone writes the run folder and has a result; callbacks are called in all, and any of them stops all.
 * LVK_ERROR_ARGUMENT: also where `accumulate` is less than the ranks, where batch norms are trained, and
 * where a rank has other settings, data, split, device or kernels than the first.
 *
 * `callback` may be NULL. What is in the run folder after a failure can be resumed
 * when the first checkpoint was written, which is before the first step. */
LVK_MUST_USE lvk_status lvk_train(lvk_device *device, const lvk_train_options *options,
                                  lvk_train_callback callback, void *user, lvk_train_result *result);

/* What may differ when a run goes on. */
typedef struct lvk_resume_options {
    const char *data;           /* where the data set lies now; NULL: where it was */
    const lvk_dataset *dataset; /* as for training from the beginning */
    uint32_t epochs; /* a new limit; 0: as it was. A schedule that runs over all epochs is stretched */
    const uint32_t *patience; /* NULL: as it was */
    const lvk_ranks *ranks;   /* as for training from the beginning, and not what it was */
    const char *recompute;    /* NULL: as it was */
    unsigned threads;         /* 0: as many as processors */
    bool profile;             /* as for training from the beginning */
} lvk_resume_options;

/* Goes on with the run in folder `run`, with its own settings, to the same bits as if it had never stopped
 * (on the same device and driver). A finished run is tested again, and a line of the log says why nothing is
 * left to train, as another does where a new limit of epochs changes the learning rate. `options` may be
 * NULL. */
LVK_MUST_USE lvk_status lvk_train_resume(lvk_device *device, const char *run,
                                         const lvk_resume_options *options, lvk_train_callback callback,
                                         void *user, lvk_train_result *result);

#ifdef __cplusplus
}
#endif
#endif
