/* Which operator has made a training diverge. */
#ifndef LVK_TRAIN_DIVERGENCE_H
#define LVK_TRAIN_DIVERGENCE_H

#include "train/trainer.h"

/* Trains once more from the last checkpoint, whose numbers are all finite, to the first step that makes one that is not,
 * runs this step operator by operator (runtime/trace.h), and appends to the error line what was found. Since the steps
 * give the same bits, this is the step and the operator that made the training diverge. Returns `status`. The trainer's
 * state and network are then not those of the training; the checkpoint stays as it is. Of a training that several ranks share,
 * the first trains once more, alone with the batches of all. */
lvk_status lvk_divergence_explain(lvk_trainer *trainer, lvk_status status);

#endif
