/* Rank consistency: checks that settings, data, device and parameters are the same in all ranks of a
 * training, which would otherwise train different models. */
#ifndef LVK_TRAIN_RANK_CONSISTENCY_H
#define LVK_TRAIN_RANK_CONSISTENCY_H

#include "train/trainer.h"

/* Fails, in all ranks alike, unless several ranks can share this training. */
LVK_MUST_USE lvk_status lvk_rank_consistency_check_settings(const lvk_settings *settings,
                                                            const lvk_ranks *ranks);

/* Compares settings, data set, split, device, kernels, train state and parameters with those of the first
 * rank. A difference in one rank is a failure in all; the error line names the rank and what differs. */
LVK_MUST_USE lvk_status lvk_rank_consistency_check(lvk_trainer *trainer);

/* The same for the parameters alone. */
LVK_MUST_USE lvk_status lvk_rank_consistency_check_parameters(lvk_trainer *trainer);

#endif
