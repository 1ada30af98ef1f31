/* Checkpoints and models: safetensors files that any Python user can open.
 *
 *   parameters             "conv2d/kernel", "conv2d/bias", …        F32, the graph's shapes
 *   optimizer's moments    "optimizer/m/conv2d/kernel", …           F32, only in a checkpoint
 *   weights (--ema)        "optimizer/w/conv2d/kernel", …           F32, the same; parameters are the average
 *   __metadata__           strings: what the numbers mean (lvk_model_info) and, only in a checkpoint, where
 *                          training stands (lvk_train_state)
 *
 * A checkpoint holds all that a run needs to go on to the same bits, and nothing that differs between two
 * runs of the same training (no time, no path, no device), so that equal trainings give equal files.
 * model.safetensors is a checkpoint without the optimizer's tensors and without a training state. */
#ifndef LVK_ARTIFACT_CHECKPOINT_H
#define LVK_ARTIFACT_CHECKPOINT_H

#include "backend/type.h"
#include "core/error.h"
#include "core/string_map.h"
#include "formats/safetensors.h"
#include "loader/cache.h"
#include "models/resnet_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LVK_OPTIMIZER_PREFIX "optimizer/" /* of the names of tensors that a model file does not have */

enum { LVK_NAME_SIZE = 256 }; /* bytes of a name in the structs below, with its NUL */

/* What was chosen for a model after training (leukvk/calibrate.h): entries "temperature", 0.001 to 1000, and
 * "threshold", 0 to 1. */
typedef struct lvk_model_calibration {
    bool has_temperature, has_threshold;
    double temperature, threshold; /* without: 1 and LVK_THRESHOLD, or anything when it is to be written */
} lvk_model_calibration;

/* What a model is and what it is to be fed. Names are not empty unless it says so. */
typedef struct lvk_model_info {
    char architecture[LVK_NAME_SIZE];   /* "cnn" */
    char negative_class[LVK_NAME_SIZE]; /* of two classes; else empty, as the next */
    char positive_class[LVK_NAME_SIZE]; /* the class whose probability the model gives */
    char crop[LVK_NAME_SIZE];           /* as the command line writes it: "center:300", "bbox", "none" */
    char head[LVK_NAME_SIZE];           /* of a model with a backbone: "dense:64,dropout:0.25"; else empty */
    char topology[LVK_NAME_SIZE];       /* the same: lvk_resnet_variant_name() */
    uint32_t image_size;                /* height and width of the input, pixels */
    uint32_t class_count;               /* 3 to LVK_MOST_CLASSES; 0: two */
    char classes[LVK_MOST_CLASSES][LVK_NAME_SIZE]; /* their names, in the order of the logits */
    lvk_standard standard;             /* input = (byte / 255 - mean) / deviation; finite, deviation > 0 */
    lvk_model_calibration calibration; /* as it was read; lvk_checkpoint_write writes none */
} lvk_model_info;

/* The topology, which is known; that of Keras where there is none. */
lvk_resnet_variant lvk_model_info_variant(const lvk_model_info *info);

/* Which training it is and where it stands: all that is needed to go on to the same bits, beside the
 * settings, the data, the parameters and the optimizer's moments. Start with {0}; lvk_train_state_finish
 * releases it. */
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
    uint32_t waited;                   /* epochs since then */
    char *history; /* metrics.csv up to this epoch; owned (lvk_strdup); NULL is written as "" */
} lvk_train_state;

void lvk_train_state_finish(lvk_train_state *state);

/* A tensor in memory: float elements, dense, type.dtype LVK_F32. `name` and `data` belong to the caller. */
typedef struct lvk_named_tensor {
    const char *name;
    lvk_type type;
    float *data;
} lvk_named_tensor;

/* Writes a checkpoint, or a model when `state` is NULL (tensors named LVK_OPTIMIZER_PREFIX… are then left
 * out). A kill at any moment leaves the old file or the new one. Values that are not finite are refused
 * (LVK_ERROR_NUMERIC names the tensor), and the old file stays. */
LVK_MUST_USE lvk_status lvk_checkpoint_write(const char *path, const lvk_named_tensor *tensors, size_t count,
                                             const lvk_model_info *info, const lvk_train_state *state);

/* A checkpoint or model that was read and is not yet applied. Immutable: any number of threads may use it. */
typedef struct lvk_checkpoint lvk_checkpoint;

/* Reads and checks the file as far as that is possible without knowing the architecture. Errors name the
 * file. */
LVK_MUST_USE lvk_status lvk_checkpoint_read(const char *path, lvk_checkpoint **checkpoint);
void lvk_checkpoint_destroy(lvk_checkpoint **checkpoint);

const lvk_model_info *lvk_checkpoint_info(const lvk_checkpoint *checkpoint);

/* The training state, NULL in a model file. Belongs to the checkpoint. */
const lvk_train_state *lvk_checkpoint_state(const lvk_checkpoint *checkpoint);

/* The file as it was read: its tensors. Belongs to the checkpoint. */
const lvk_safetensors *lvk_checkpoint_file(const lvk_checkpoint *checkpoint);

/* All metadata of the file. Belongs to the checkpoint. */
const lvk_string_map *lvk_checkpoint_metadata(const lvk_checkpoint *checkpoint);

/* Writes the file that was read anew, with this calibration or none; all else stays as it is. */
LVK_MUST_USE lvk_status lvk_checkpoint_calibrate(const lvk_checkpoint *checkpoint,
                                                 const lvk_model_calibration *calibration);

/* What lvk_checkpoint_apply fills. */
typedef enum lvk_checkpoint_use {
    LVK_USE_ALL,       /* to go on training: the file has exactly `tensors` */
    LVK_USE_PARAMETERS /* to predict: `tensors` are the parameters, the file may hold optimizer tensors
                          besides */
} lvk_checkpoint_use;

/* Copies every tensor's elements to its `data`. Names, shapes and finiteness of all are checked first: a
 * tensor that is missing, unknown, of another shape or not finite is named, and then nothing has been
 * written. */
LVK_MUST_USE lvk_status lvk_checkpoint_apply(const lvk_checkpoint *checkpoint, lvk_checkpoint_use use,
                                             const lvk_named_tensor *tensors, size_t count);

#endif
