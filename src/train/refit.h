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

/* Trains with `options`, whose data set has been read (options->dataset), on all images of its training part,
 * in the folder "refit" of the folder `parent`: a new run, or one that was begun there before; nothing is done
 * if it is finished. `evaluated`: the run folder of a model that was trained in this way on some of the people, whose
 * limit of novelty for people not seen is taken. `epochs`, 1 or more: of the model that was evaluated. There is no validation and no test part,
 * and the last epoch is kept. `callback` gets the events of this training, with `refit` set. */
LVK_MUST_USE lvk_status lvk_refit(lvk_device *device, const lvk_train_options *options, const char *parent,
                                  const char *evaluated, uint32_t epochs, lvk_train_callback callback,
                                  void *user);

#endif
