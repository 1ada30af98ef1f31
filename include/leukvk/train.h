/* Training a model on a data set, into a run folder.
 *
 * A run folder holds all that is needed to evaluate, use, repeat and resume the training:
 *   config.json                    every setting, with the defaults filled in
 *   split.json                     which images train, validate and test (leukvk/split.h)
 *   metrics.csv                    one row an epoch, of numbers that the same seed repeats to the bit
 *   timing.csv                     seconds, images/s and waiting of each epoch
 *   checkpoint-last.safetensors    parameters, optimizer state and train state, from which a run is resumed
 *   checkpoint-best.safetensors    the same at the lowest validation loss so far, if the best epoch is kept
 *   model.safetensors              parameters of the epoch that is kept, and what its images must be like
 *   predictions-<part>.csv         of validation, test and preliminary images, by that model
 *   results.json                   the metrics of those parts, and the run's totals
 *   refit/                         with the option refit: a run folder of the second training, on all images
 *   profile.json                   if a profile was asked for: a trace of one step
 *   tensorboard/                   if asked for: an event file for TensorBoard
 * Every file is written under another name and renamed, so that a run can be resumed after a kill at any
 * moment. */
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
    LVK_TRAIN_STARTED,   /* data and device are ready; `run` is set */
    LVK_TRAIN_FEATURES,  /* some features of a frozen backbone were computed */
    LVK_TRAIN_PROFILE,   /* the last batch of a step was profiled; the event STEP of this step follows */
    LVK_TRAIN_STEP,      /* a step was trained: one batch, or `accumulate` batches */
    LVK_TRAIN_EPOCH,     /* an epoch was trained, validated and saved */
    LVK_TRAIN_FINISHED,  /* the model that is kept was tested */
    LVK_TRAIN_VALIDATION /* a batch was validated, by the only rank; the other members are of the last step */
} lvk_train_event_kind;

typedef struct lvk_train_event {
    lvk_train_event_kind kind;
    const char *run;        /* the run folder */
    uint32_t epoch, epochs; /* the number of the current epoch, from 1, and the most epochs */
    uint32_t step, steps;   /* the number of the step in its epoch, from 1, and the steps of an epoch */
    uint32_t images;        /* images trained so far in this epoch */
    double loss, accuracy;  /* means over the epoch so far */
    double images_per_second;
    double waited;                    /* share of the epoch's time spent waiting for images, 0..1 */
    double seconds_left;              /* of the epoch */
    size_t features, features_wanted; /* FEATURES: pictures done and in all; images_per_second is theirs */
    /* EPOCH: of this epoch. Of three and more classes the loss, accuracy, balanced accuracy, F1 and AUC
     * (macro), Brier score and ECE of leukvk/class_metrics.h; other scores are NaN. NULL: no image validates */
    const lvk_metrics *validation;
    bool refit;                              /* of the second training, on all images (option refit) */
    bool best;                               /* EPOCH: kept, for the lowest validation loss so far */
    const lvk_profile *profile;              /* PROFILE: of this step */
    uint32_t subjects[LVK_SPLIT_PART_COUNT]; /* STARTED, FINISHED: the people, and the images, in each part */
    size_t part_images[LVK_SPLIT_PART_COUNT];
    size_t part_unnamed[LVK_SPLIT_PART_COUNT];   /* the number of these images whose subject is not known */
    const char *positive_class, *negative_class; /* STARTED: of two classes; else "" */
    uint32_t class_count;                        /* STARTED: three and more; 0: two */
    const char *const *class_names;              /* STARTED: of three and more; else NULL */
    uint64_t parameters;                         /* STARTED */
    uint64_t memory_estimate;                    /* STARTED: bytes of device memory, by the network's plan */
    uint64_t memory_kept; /* STARTED: bytes that it would take if all activations were kept; 0: they are */
    uint32_t resumed_epoch,
        resumed_step; /* STARTED: the epoch and step after which the run goes on; 0, 0: from the beginning */
} lvk_train_event;

/* Called on the calling thread. False saves the train state and stops with LVK_ERROR_CANCELLED. */
typedef bool (*lvk_train_callback)(void *user, const lvk_train_event *event);

typedef struct lvk_train_result {
    char run[4096];
    char positive_class[256],
        negative_class[256];     /* of two classes; else "", and the reports have the names */
    uint32_t epochs, best_epoch; /* the epochs trained, and the one whose model is kept */
    bool refitted;            /* the folder "refit" of the run has a model that was trained on all images */
    double refit_temperature; /* that model's, by the images of the test part; 0: it has none */
    bool kept_last;           /* the last epoch is kept because it is the last (option keep) */
    bool stopped_early;
    bool by_image;                     /* cells of one person may be in several parts of the split */
    bool tested[LVK_SPLIT_PART_COUNT]; /* whether each part was evaluated */
    lvk_evaluation_report reports[LVK_SPLIT_PART_COUNT];
    double seconds;
} lvk_train_result;

/* Trains from the beginning. `callback` may be NULL. After a failure, the run can be resumed if the first
 * checkpoint was written, which happens before the first step.
 *
 * With several ranks, every rank calls this function with the same options. The ranks share the microbatches
 * of each step, at most `accumulate`, and compute the same bits as one process with a device of
 * the same kind. Only the first rank writes the run folder and fills `result`. The callbacks of all ranks are
 * called, and any of them stops all ranks. LVK_ERROR_ARGUMENT also says that `accumulate` is less than the
 * number of ranks, that batch norms are trained, or that a rank differs from the first in settings, data,
 * split, device or kernels. */
LVK_API LVK_MUST_USE lvk_status lvk_train(lvk_device *device, const lvk_train_options *options,
                                          lvk_train_callback callback, void *user, lvk_train_result *result);

/* What may differ when a run is resumed. */
typedef struct lvk_resume_options {
    size_t struct_size;         /* sizeof this struct; 0: its size in version 0.1 */
    const char *data;           /* the data set's path now; NULL: the same as before */
    const lvk_dataset *dataset; /* as in lvk_train_options */
    uint32_t epochs; /* the most epochs; 0: the same as before. Schedules over all epochs are stretched */
    const char *estimate;     /* as in lvk_train_options */
    double novelty_ratio;     /* the same */
    double temperature;       /* the same */
    const uint32_t *patience; /* NULL: the same as before */
    const lvk_ranks *ranks;   /* as in lvk_train_options; the number of ranks may differ from before */
    const char *recompute;    /* NULL: the same as before */
    unsigned threads;         /* 0: as many as processors */
    bool profile;             /* as in lvk_train_options */
    const char *tensorboard;  /* the same; NULL: a run with events in its own folder goes on with them */
} lvk_resume_options;

/* Resumes the run in folder `run` with its own settings. On the same device and driver, the result has the
 * same bits as if the run had never been stopped. A finished run is evaluated again, and a line of the log
 * says why nothing is left to train; another line tells if a new number of epochs changes the learning rate.
 * `options` may be NULL. */
LVK_API LVK_MUST_USE lvk_status lvk_train_resume(lvk_device *device, const char *run,
                                                 const lvk_resume_options *options,
                                                 lvk_train_callback callback, void *user,
                                                 lvk_train_result *result);

#ifdef __cplusplus
}
#endif
#endif
