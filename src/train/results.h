/* Results of a run: predictions-<part>.csv and results.json in its folder. */
#ifndef LVK_TRAIN_RESULTS_H
#define LVK_TRAIN_RESULTS_H

#include "train/trainer.h"

/* Evaluates the network as it is on the images of `part`, and writes their predictions. */
LVK_MUST_USE lvk_status lvk_results_evaluate(lvk_trainer *trainer, lvk_split_part part,
                                             const uint32_t *images, size_t count,
                                             lvk_evaluation_report *report);

/* Adds to the run's model file what tells images that are unlike the training's (predict/novelty.h). The
 * network is as the file has it. `unseen_ratio`: lvk_novelty_request. */
LVK_MUST_USE lvk_status lvk_results_learn_novelty(lvk_trainer *trainer, double unseen_ratio);

/* Writes the network as the run's model, which had the same one: a calibration that it has since its training stays. */
LVK_MUST_USE lvk_status lvk_results_save_model(const lvk_trainer *trainer);

/* Gives the run's model file the temperature of the options, unless it has a calibration; 0: nothing is done. */
LVK_MUST_USE lvk_status lvk_results_set_temperature(const lvk_trainer *trainer);

/* Writes results.json. */
LVK_MUST_USE lvk_status lvk_results_write(const lvk_trainer *trainer, const lvk_train_result *result);

#endif
