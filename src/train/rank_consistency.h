/* What must be the same in all ranks of a training, or they would train different models. */
#ifndef LVK_TRAIN_RANK_CONSISTENCY_H
#define LVK_TRAIN_RANK_CONSISTENCY_H

#include "train/trainer.h"

/* Whether this training can be shared out at all: refused in all ranks alike. */
LVK_MUST_USE lvk_status lvk_rank_consistency_check_settings(const lvk_settings *settings,
                                                            const lvk_ranks *ranks);

/* Compares settings, data set, split, device, kernels, position and parameters with the first rank's. All
 * ranks agree; the line names the rank and what differs. */
LVK_MUST_USE lvk_status lvk_rank_consistency_check(lvk_trainer *trainer);

/* Compares the parameters alone. */
LVK_MUST_USE lvk_status lvk_rank_consistency_check_parameters(lvk_trainer *trainer);

#endif
