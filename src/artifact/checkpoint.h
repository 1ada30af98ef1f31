/* Checkpoints and models: safetensors files that any Python user can open.
 *
 *   parameters             "conv2d/kernel", "conv2d/bias", …        F32, the graph's shapes
 *   optimizer's moments    "optimizer/m/conv2d/kernel", …           F32, only in a checkpoint
 *   weights                "optimizer/w/conv2d/kernel", …           F32, only in a checkpoint with --ema,
 *                                                                   whose parameters are the average
 *   __metadata__           strings: what the numbers mean (lvk_model_info) and, only in a checkpoint, the
 *                          train state (lvk_train_state)
 *
 * A checkpoint holds all that a resumed run needs to give the same bits. It holds nothing that differs
 * between two runs of the same training (no time, no path, no device), so that equal trainings give equal
 * files. model.safetensors is a checkpoint without the optimizer's tensors and without the train state, and
 * with what tells images that are unlike the training's: tensors "novelty/…", entries "novelty…".
 *
 * A joined file (artifact/joined_model.h) holds several models, its members, whose probabilities are averaged:
 * tensors and metadata of member K are those of its model file behind the prefix "member.K/", K from 1. */
#ifndef LVK_ARTIFACT_CHECKPOINT_H
#define LVK_ARTIFACT_CHECKPOINT_H

#include "backend/type.h"
#include "core/error.h"
#include "core/string_map.h"
#include "formats/safetensors.h"
#include "leukvk/join.h"
#include "loader/cache.h"
#include "models/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begins the names of tensors and entries of a model file that tell what images it was trained on
 * (predict/novelty.h). */
#define LVK_NOVELTY_PREFIX "novelty"

#define LVK_OPTIMIZER_PREFIX "optimizer/" /* begins the names of tensors that a model file does not have */

enum { LVK_NAME_SIZE = 256 }; /* bytes of a name in the structs below, with its NUL */

/* The calibration of a model (leukvk/calibrate.h): entries "temperature", 0.001 to 1000, "threshold", 0 to 1,
 * and, of three and more classes, "positive_classes", a JSON list of the names for whose sum the threshold is. */
typedef struct lvk_model_calibration {
    bool has_temperature, has_threshold;
    bool has_positive;               /* some classes are joined into the positive one, but not all */
    bool positive[LVK_MOST_CLASSES]; /* [class] */
    double temperature, threshold;   /* where the model has none: 1 and LVK_THRESHOLD; ignored when writing */
} lvk_model_calibration;

/* What a model is, and what images it takes. Names are not empty unless a comment says so. */
typedef struct lvk_model_info {
    char architecture[LVK_NAME_SIZE];   /* "cnn" */
    char negative_class[LVK_NAME_SIZE]; /* of two classes; else empty, as the next */
    char positive_class[LVK_NAME_SIZE]; /* the class whose probability the model gives */
    char crop[LVK_NAME_SIZE];           /* as the command line writes it: "center:300", "bbox", "none" */
    char head[LVK_NAME_SIZE];           /* of a model with a backbone: "dense:64,dropout:0.25"; else empty */
    char topology[LVK_NAME_SIZE];       /* the same: lvk_resnet_variant_name() */
    char features[LVK_NAME_SIZE]; /* the stage with which its backbone ends: "conv4_x"; empty: the last */
    /* Of a model that was trained on everybody: how good it is expected to be, and by which test, as a line for
     * people (train/refit.h); else empty. */
    char estimate[LVK_NAME_SIZE];
    lvk_cell_measures cell;   /* as in lvk_model_config */
    uint32_t image_size;      /* height and width of the input, pixels */
    double microns_per_pixel; /* of the images that it was trained on; 0: not known, no entry */
    uint32_t class_count;     /* 3 to LVK_MOST_CLASSES; 0: two */
    char classes[LVK_MOST_CLASSES][LVK_NAME_SIZE]; /* their names, in the order of the logits */
    lvk_standard standard;             /* input = (byte / 255 - mean) / deviation; finite, deviation > 0 */
    lvk_model_calibration calibration; /* of a model; a checkpoint to go on training from has none */
} lvk_model_info;

/* The variant that info->topology names, which must be a known one; that of Keras if it is empty. */
lvk_resnet_variant lvk_model_info_variant(const lvk_model_info *info);

/* The stage that info->features names, as in lvk_model_config: 0 if it is empty. */
uint32_t lvk_model_info_feature_stage(const lvk_model_info *info);

/* The train state: which training it is, and how far it has come. With the settings, the data, the parameters
 * and the optimizer's moments, it is all that a resumed run needs to give the same bits. Initialized with
 * {0}, released by lvk_train_state_finish. */
typedef struct lvk_train_state {
    uint64_t seed;
    char optimizer[LVK_NAME_SIZE];     /* "adam" */
    char config_digest[LVK_NAME_SIZE]; /* lvk_json_digest of the run's config.json */
    uint32_t epoch;                    /* epochs done */
    uint64_t update;                   /* optimizer steps done in all */
    uint32_t step;                     /* steps done of the current epoch */
    uint64_t images, correct;          /* of the current epoch: trained with, and classified correctly */
    double loss_sum;                   /* of the current epoch: sum over images of the loss */
    uint32_t best_epoch;               /* the epoch with the least validation loss, from 1; 0: none yet */
    double best_loss;                  /* finite; 0 while best_epoch is 0 */
    uint32_t waited;                   /* epochs since the best one */
    char *history; /* metrics.csv up to this epoch; owned (lvk_strdup); NULL is written as "" */
} lvk_train_state;

void lvk_train_state_finish(lvk_train_state *state);

/* A tensor in memory: floats without gaps, type.dtype LVK_F32. `name` and `data` belong to the caller. */
typedef struct lvk_named_tensor {
    const char *name;
    lvk_type type;
    float *data;
} lvk_named_tensor;

/* Writes a checkpoint, or, if `state` is NULL, a model, which leaves out tensors named LVK_OPTIMIZER_PREFIX….
 * After a kill at any moment the file is the whole old one or the whole new one. If a value is not finite,
 * LVK_ERROR_NUMERIC names the tensor, and the old file stays. */
LVK_MUST_USE lvk_status lvk_checkpoint_write(const char *path, const lvk_named_tensor *tensors, size_t count,
                                             const lvk_model_info *info, const lvk_train_state *state);

/* A checkpoint or model that was read. It does not change, so that any number of threads may use it. */
typedef struct lvk_checkpoint lvk_checkpoint;

/* Reads the file, and checks what can be checked without knowing the architecture. Error lines name the file.
 * The caller destroys the checkpoint. */
LVK_MUST_USE lvk_status lvk_checkpoint_read(const char *path, lvk_checkpoint **checkpoint);

/* The same of a file that was read, which the function takes over, after a failure too. */
LVK_MUST_USE lvk_status lvk_checkpoint_take(lvk_safetensors *file, lvk_checkpoint **checkpoint);
void lvk_checkpoint_destroy(lvk_checkpoint **checkpoint);

const lvk_model_info *lvk_checkpoint_info(const lvk_checkpoint *checkpoint);

/* The train state; NULL for a model file. Belongs to the checkpoint. */
const lvk_train_state *lvk_checkpoint_state(const lvk_checkpoint *checkpoint);

/* The file that was read, with its tensors. Belongs to the checkpoint. */
const lvk_safetensors *lvk_checkpoint_file(const lvk_checkpoint *checkpoint);

/* How many members a joined file has, 2 to LVK_MOST_MEMBERS; of another file 1, which is itself. What
 * lvk_checkpoint_info says of a joined file is the first member's, but for the calibration, which is that of the mean. */
uint32_t lvk_checkpoint_member_count(const lvk_checkpoint *checkpoint);
const lvk_checkpoint *lvk_checkpoint_member(const lvk_checkpoint *checkpoint, uint32_t member);

/* All metadata of the file. Belongs to the checkpoint. */
const lvk_string_map *lvk_checkpoint_metadata(const lvk_checkpoint *checkpoint);

/* Replaces the file that was read by one with this calibration; everything else stays the same. */
LVK_MUST_USE lvk_status lvk_checkpoint_calibrate(const lvk_checkpoint *checkpoint,
                                                 const lvk_model_calibration *calibration);

/* Replaces the file that was read by one whose tensors and entries LVK_NOVELTY_PREFIX… are these; everything
 * else stays the same. */
LVK_MUST_USE lvk_status lvk_checkpoint_replace_novelty(const lvk_checkpoint *checkpoint,
                                                       const lvk_safetensor *tensors, size_t count,
                                                       const lvk_string_map *entries);

/* What lvk_checkpoint_apply fills. */
typedef enum lvk_checkpoint_use {
    LVK_USE_ALL,       /* to resume a training: the file has exactly `tensors` */
    LVK_USE_PARAMETERS /* to predict: `tensors` are the parameters; the file may also hold tensors of the
                          optimizer and of novelty */
} lvk_checkpoint_use;

/* Copies the elements of every tensor to its `data`. All tensors are checked first. If a tensor is missing,
 * unknown, of another shape or not finite, the error line names it, and nothing has been copied. */
LVK_MUST_USE lvk_status lvk_checkpoint_apply(const lvk_checkpoint *checkpoint, lvk_checkpoint_use use,
                                             const lvk_named_tensor *tensors, size_t count);

#endif
