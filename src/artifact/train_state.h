/* Where a training stands: all that is needed to go on to the same bits, beside the settings and the data.
 * Saved with the parameters and the optimizer's moments as a checkpoint. */
#ifndef LVK_ARTIFACT_TRAIN_STATE_H
#define LVK_ARTIFACT_TRAIN_STATE_H

#include "artifact/backbone.h"
#include "runtime/network.h"

typedef struct lvk_position {
    uint32_t epoch;      /* epochs done */
    uint32_t step;       /* steps done of the current epoch */
    uint64_t update;     /* optimizer steps done in all */
    double loss_sum;     /* of the current epoch: sum over images of the loss */
    uint64_t correct;    /* images classified correctly */
    uint64_t images;     /* images trained */
    uint32_t best_epoch; /* from 1; 0: none yet */
    double best_loss;    /* validation loss of that epoch */
    uint32_t waited;     /* epochs since then */
    char *history;       /* metrics.csv so far; owned */
} lvk_position;

void lvk_position_finish(lvk_position *position);

/* What a file has to agree on with the run. */
typedef struct lvk_position_context {
    const lvk_model_info *info;
    uint64_t seed;
    const char *optimizer;
    const char *config_digest;
} lvk_position_context;

/* Reads parameters and moments from the device and writes a checkpoint. */
LVK_MUST_USE lvk_status lvk_position_save(const lvk_position *position, const lvk_position_context *context,
                                          lvk_network *network, const char *path);

/* Writes the device's parameters as a model file; of a network that is a head, behind those of its `backbone`
 * (else NULL). */
LVK_MUST_USE lvk_status lvk_position_save_model(const lvk_model_info *info, lvk_network *network,
                                                const lvk_backbone *backbone, const char *path);

/* The reverse of lvk_position_save. LVK_ERROR_FORMAT when the checkpoint is of a training with other
 * settings. */
LVK_MUST_USE lvk_status lvk_position_load(lvk_position *position, const lvk_position_context *context,
                                          lvk_network *network, const char *path);

/* Parameters only, from a checkpoint or a model, for predicting. */
LVK_MUST_USE lvk_status lvk_position_load_parameters(const lvk_checkpoint *checkpoint, lvk_network *network);

#endif
