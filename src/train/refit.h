/* Refit: after a model was evaluated on people who were held out, one more model is trained in the same way on
 * everybody. That is the model to use: it has seen more people; the scores of the evaluated one are a cautious
 * estimate of its own. */
#ifndef LVK_TRAIN_REFIT_H
#define LVK_TRAIN_REFIT_H

#include "leukvk/train.h"

enum { LVK_ESTIMATE_SIZE = 256 };

/* Writes the line that the file of a refitted model keeps about the scores of `report`, into `text`, which is
 * returned. `by`: "test" or "cross-validation". */
const char *lvk_refit_estimate(const char *by, const lvk_evaluation_report *report,
                               char text[LVK_ESTIMATE_SIZE]);

/* Sets options->epochs to the number for which the evaluated model was trained, and leaves it where a schedule or a warm-up
 * needs more. LVK_ERROR_MEMORY: nobody knows. */
LVK_MUST_USE lvk_status lvk_refit_choose_epochs(lvk_train_options *options, uint32_t evaluated);

/* What a refit is of. */
typedef struct lvk_refit_source {
    const char *parent; /* the folder in which the refit's is made, "refit" */
    /* Run folders of models that were trained in this way on some of the people. The median of their ratios of novelty's
     * limits, for people not seen, is the refit's; its temperature is chosen by their predictions for their test parts. */
    const char *const *runs;
    size_t count;
    uint32_t epochs; /* 1 or more: that these models were trained for */
} lvk_refit_source;

/* Fails with LVK_ERROR_ARGUMENT where the data set has parts of its own, which are to be kept apart. */
LVK_MUST_USE lvk_status lvk_refit_check(const lvk_dataset *dataset);

/* Trains with `options`, whose data set has been read (options->dataset), on all images of its training part: a new
 * run, or one that was begun there before; nothing is done if it is finished. There is no validation and no test part,
 * and the last epoch is kept. LVK_ERROR_ARGUMENT: the run that is there was begun with other settings. `callback` gets
 * the events of this training, with `refit` set. *temperature, unless NULL, is the temperature that the model has; 0: it has
 * none, since the test parts have too few people or tell nothing about new ones. */
LVK_MUST_USE lvk_status lvk_refit(lvk_device *device, const lvk_train_options *options,
                                  const lvk_refit_source *source, lvk_train_callback callback, void *user,
                                  double *temperature);

#endif
