/* The training loop: epochs over the training images, validation after each epoch, checkpoints, early
 * stopping. It works on what lvk_train and lvk_train_resume (train.c) have opened. */
#ifndef LVK_TRAIN_TRAINER_H
#define LVK_TRAIN_TRAINER_H

#include "artifact/run_folder.h"
#include "artifact/train_state.h"
#include "train/data_parallel.h"
#include "train/epoch_order.h"
#include "train/settings.h"
#include "train/tensorboard.h"

typedef struct lvk_trainer {
    /* Opened by train.c; the trainer borrows them. */
    lvk_settings settings;
    lvk_ranks ranks; /* the ranks that share the training; only the first writes files */
    lvk_run_folder *folder;
    const lvk_dataset *dataset;
    lvk_dataset *own_dataset; /* the same if the trainer owns it; NULL if the caller does */
    lvk_split *split;
    lvk_cache *cache;
    lvk_backbone *backbone; /* the weights from which the model starts; NULL: random weights */
    lvk_features *features; /* those of the frozen backbone; NULL: the network trains on images */
    lvk_source source;      /* the source of the network's input: cache or features */
    lvk_network *network;
    double *
        cells; /* [images][LVK_CELL_NUMBERS] of the training images, for a model with the cell's measures; owned by train.c */
    lvk_model_info info;
    const char *class_names[LVK_MOST_CLASSES]; /* those of `info`, for events */
    char kernels[LVK_DIGEST_TEXT];             /* lvk_network_kernels of the network */
    json_t *before;                            /* config.json as a resumed run had it; NULL: a new run */
    lvk_train_state state;
    lvk_train_callback callback;
    void *user;

    /* Owned by the trainer. */
    lvk_epoch_order order;
    float class_weight[LVK_MOST_CLASSES]; /* by target */
    float *labels;                        /* [batch][2] */
    uint32_t *keys;                       /* [batch][4] */
    float *logits;                        /* [batch][lvk_network_outputs] */
    char *filled;                         /* [batch] inputs of a partial batch that was filled up */
    lvk_resampling *filled_rows;          /* [batch] */
    lvk_microbatch *round;                /* [ranks] */
    float *gradients[2];                  /* of this rank and of another; only for a shared network */
    lvk_tensorboard tensorboard;          /* begun and finished by train.c */
    lvk_train_event event;
    uint32_t epochs_before; /* the number of epochs before the run was resumed with another; 0: the same */
    uint32_t first_step;    /* steps of this epoch that were trained before the run was resumed */
    uint64_t first_image;   /* images of this epoch that were trained before the run was resumed */
    double epoch_started, last_saved;
    double waited; /* seconds of this epoch spent waiting for images */
    lvk_profiler profiler;
    bool profile_wanted;
    char *trace;            /* if set, steps run by lvk_network_trace_train, which writes this text */
    uint32_t profiled_step; /* the step of this epoch that is profiled, from 0; UINT32_MAX: none */
} lvk_trainer;

/* Checks the training part and prepares the loop. Released by lvk_trainer_finish, which does not release what
 * is borrowed. */
LVK_MUST_USE lvk_status lvk_trainer_init(lvk_trainer *trainer);
void lvk_trainer_finish(lvk_trainer *trainer);

/* Whether `patience` epochs have passed without a lower validation loss. */
bool lvk_trainer_is_out_of_patience(const lvk_trainer *trainer);

/* Trains from the trainer's state to the last epoch or an early stop; *stopped_early says which. After
 * LVK_ERROR_CANCELLED the state has been saved. */
LVK_MUST_USE lvk_status lvk_trainer_run(lvk_trainer *trainer, bool *stopped_early);

/* Opens the batches of the rest of the state's epoch, and trains with those of the next step. */
LVK_MUST_USE lvk_status lvk_trainer_open_batches(lvk_trainer *trainer, lvk_batch_source **batches);
LVK_MUST_USE lvk_status lvk_trainer_step(lvk_trainer *trainer, lvk_batch_source *batches);

/* Saves the state as checkpoint-last, if this is the first rank. */
LVK_MUST_USE lvk_status lvk_trainer_save(lvk_trainer *trainer);

#endif
