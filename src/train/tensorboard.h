/* The event file of a training for TensorBoard (option tensorboard): some pictures of the training images, the numbers
 * of each epoch, and at the end the precision-recall curves of the test part.
 *
 *   examples/CLASS/N            step 0: crops as the network sees them, without augmentation
 *   train/loss, train/accuracy  step: the epoch
 *   validation/loss, validation/accuracy, validation/auc
 *   learning_rate, images_per_second
 *   test/pr_curve               of the positive class; of three and more classes test/pr_curve/CLASS
 *
 * What is written follows the checkpoint, so that the file never has an epoch that the training does not. A run that is
 * resumed goes on with its file: what is there is not written again, and epochs that a kill has left out follow. */
#ifndef LVK_TRAIN_TENSORBOARD_H
#define LVK_TRAIN_TENSORBOARD_H

#include "core/error.h"
#include "leukvk/predictions.h"

struct lvk_trainer;

#define LVK_TENSORBOARD_FOLDER "tensorboard" /* in the run folder, where the option names none */

typedef struct lvk_tensorboard {
    char *path;      /* of the file; NULL: none is wanted */
    uint32_t epochs; /* the last epoch in the file */
    uint32_t curves; /* the epoch at whose end the last curves were written; 0: none */
} lvk_tensorboard;

/* Fails if the folder `option` has an event file already. NULL and "" name the new run's own folder, which has none. */
LVK_MUST_USE lvk_status lvk_tensorboard_check(const char *option);

/* Begins the file of a new run, or goes on with that of a resumed one, where the option or such a file asks for it. */
LVK_MUST_USE lvk_status lvk_tensorboard_begin(struct lvk_trainer *trainer);

/* Appends the epochs of the trainer's history that are not in the file. */
LVK_MUST_USE lvk_status lvk_tensorboard_add_epochs(struct lvk_trainer *trainer);

/* Appends the curves of the test part. */
LVK_MUST_USE lvk_status lvk_tensorboard_add_curves(struct lvk_trainer *trainer, const lvk_prediction *rows,
                                                   size_t count);

void lvk_tensorboard_finish(lvk_tensorboard *board);

#endif
