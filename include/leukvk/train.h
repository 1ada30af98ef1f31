/* Training a model on a data set, into a run folder.
 *
 * A run folder holds all that is needed to judge, use, repeat and resume the training:
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

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_train_options {
    const char *data; /* the data set's folder */
    const lvk_dataset
        *dataset;    /* that folder, where it has been read already; stays the caller\'s. NULL: it is read */
    const char *run; /* the run folder, new or empty; NULL: runs/<date>-<time>-<model> */
    const char *split;   /* a split file to use; NULL: a split is made */
    const char *group;   /* of the split that is made: "subject": no person is on two sides; "none": image by
                            image, see lvk_split_options */
    const char *model;   /* "cnn", "cnn-gap", "resnet50" */
    const char *crop;    /* "center:N" (pixels of the source, scale kept), "bbox" or "none" */
    uint32_t image_size; /* height and width in pixels that crops are resampled to, 32 to 1024, for models
                            that end in a global average; 0: the model's own, 112 of cnn-gap, 224 of others */
    bool augment;        /* flips and free rotation of the training images, in each epoch anew */
    double shift; /* with them: moved by at most this share of the crop's side along each axis, 0 to 0.5 */
    double zoom;  /* enlarged up to 1 + zoom times or made as much smaller, 0 to 1; what comes in from beyond
                     the crop is black */
    double color; /* brightness, contrast (about middle grey) and saturation times 1 - color to 1 + color,
                     each channel times 1 - color / 4 to 1 + color / 4, 0 to 0.5; black stays black */
    const char *normalize; /* "train": pixels less their mean, divided by their standard deviation, both taken
                              over the training images by channel; "none": 0..1; "auto": as pretrained weights
                              want it, "train" where there are none */
    const char *balance;   /* "weight": weight the training loss so that both classes count the same;
                              "oversample": draw the smaller class's training images more often, each time
                              augmented anew, so that an epoch has as many of either class; "none" */
    bool strict;           /* an unreadable image is an error; otherwise it is left out and listed */

    /* Of models with a backbone, such as resnet50; the cnn and cnn-gap have none. */
    const char *weights; /* a file that leukvk import wrote; "auto": the one that tools/fetch-weights.sh keeps
                            in the user's cache folder; "none": start from chance */
    const char *head;    /* layers on the backbone's features, before the logit: "dense:64,dropout:0.25" */
    const char *unfreeze;   /* the first stage of the backbone that is trained, "conv5_x" to "conv2_x" or
                               "all"; "none": the whole backbone is frozen, and its features of the images are
                               computed once */
    const char *batch_norm; /* of the stages that are trained: "frozen": running averages, gamma and beta
                               stay; "train": the batch's statistics */

    const char *optimizer;  /* "adam", "adamw", "sgd" */
    double learning_rate;   /* > 0 */
    double warmup;          /* epochs, also in part, over which it rises linearly from 0; 0 or more and below
                               `epochs` (Goyal et al., "Accurate, large minibatch SGD", 2017) */
    const char *schedule;   /* of the learning rate behind the warm-up: "cosine", from learning_rate to 0 over
                               the epochs that are left (Loshchilov, Hutter, "SGDR", ICLR 2017, without
                               restarts); "step", times 0.1 at 1/2 and at 3/4 of all epochs; "step:10,15",
                               times 0.1 after epochs 10 and 15; or "constant" */
    const char *rate_scale; /* "res5=0.1,conv4_x=0.01": factors, 0 and more, of the learning rate of
                               parameters whose names begin so, or of a stage of the backbone as in
                               `unfreeze`; the longest beginning counts, before a stage; "": none */
    double clip_norm;       /* the gradient of all parameters as one vector is scaled down to this Euclidean
                               norm where it is longer (Pascanu et al., ICML 2013); 0: never */
    double ema;      /* decay per step, in [0, 1), of a moving average of the weights, which is then what is
                        validated and saved; approached as (1 + step) / (10 + step); 0: the weights are */
    double momentum; /* of sgd, in [0, 1) */
    double weight_decay; /* of adamw, >= 0 */
    double l2;           /* penalty l2 * sum(w^2) on kernels, >= 0 */
    double dropout;      /* rate in [0, 1) */
    uint32_t batch;      /* images at once, 1 to 1024 */
    uint32_t accumulate; /* batches a step, whose gradients are averaged: what a larger batch would do, in the
                            memory of one (but batch norms see each batch alone); 1 to 1024 */
    uint32_t epochs;     /* at most */
    uint32_t patience;   /* stop after so many epochs without a lower validation loss; 0: never */
    uint32_t views; /* of a frozen backbone: train on so many of the eight ways an image can lie, 1 to 8 */
    double validation, test; /* shares of the images; see lvk_split_options */
    uint64_t seed;

    const lvk_ranks
        *ranks;            /* of an MPI job, which share the batches of each step: see lvk_train. NULL: one */
    const char *recompute; /* "on": drop activations after a step's forward pass and compute them again for
                              the gradients (Chen et al., "Training deep nets with sublinear memory cost",
                              2016): less memory, more time; "off"; "auto": where the batch fits only so. No
                              effect on the result */
    unsigned threads;      /* that read and crop images; 0: as many as processors. No effect on the result */
    double checkpoint_seconds; /* save the position at least so often within an epoch, and up to 2 GiB of
                                  features within a minute or this; 0: after every step */
    bool profile; /* profile the third step, or the epoch's last when it has fewer. No effect on the result */
} lvk_train_options;

/* Adam, dropout 0.25, batch 32, 20 epochs, patience 3, the best of the Keras work; in place of its constant
 * rate of 0.001 on pixels in 0..1, with which the network learns little more than the cells' size, 0.0003
 * with the cosine schedule on normalized pixels, and both classes weighed alike. A centre crop of 300 pixels,
 * flips and free rotation, 15 % validation, 15 % test, seed 1. `data` is still to be set. */
lvk_train_options lvk_train_defaults(void);

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
    const lvk_metrics *validation;    /* EPOCH: of this epoch */
    bool best;                        /* EPOCH: the lowest validation loss so far */
    const lvk_profile *profile;       /* PROFILE: of this step */
    uint32_t
        subjects[LVK_SPLIT_PART_COUNT]; /* STARTED, FINISHED: how many people, and images, each part has */
    size_t part_images[LVK_SPLIT_PART_COUNT];
    uint64_t parameters;      /* STARTED */
    uint64_t memory_estimate; /* STARTED: device memory by plan, bytes */
    uint64_t memory_kept; /* STARTED: what it would be were activations kept that are computed again; 0: all
                             are kept */
    uint32_t resumed_epoch,
        resumed_step; /* STARTED: position that the run was resumed at; 0, 0: from the beginning */
} lvk_train_event;

/* Called on the calling thread. False: save the position and stop with LVK_ERROR_CANCELLED. */
typedef bool (*lvk_train_callback)(void *user, const lvk_train_event *event);

typedef struct lvk_train_result {
    char run[4096];
    char positive_class[256], negative_class[256];
    uint32_t epochs, best_epoch;
    bool stopped_early;
    bool by_image;                     /* people are on both sides of the split */
    bool tested[LVK_SPLIT_PART_COUNT]; /* which parts are judged */
    lvk_judgement judgements[LVK_SPLIT_PART_COUNT];
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
    uint32_t epochs;            /* a new limit; 0: as it was */
    const lvk_ranks *ranks;     /* as for training from the beginning, and not what it was */
    const char *recompute;      /* NULL: as it was */
    unsigned threads;           /* 0: as many as processors */
    bool profile;               /* as for training from the beginning */
} lvk_resume_options;

/* Goes on with the run in folder `run`, with its own settings, to the same bits as if it had never stopped
 * (on the same device and driver). A finished run is tested again. `options` may be NULL. */
LVK_MUST_USE lvk_status lvk_train_resume(lvk_device *device, const char *run,
                                         const lvk_resume_options *options, lvk_train_callback callback,
                                         void *user, lvk_train_result *result);

#ifdef __cplusplus
}
#endif
#endif
