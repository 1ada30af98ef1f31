/* A training that is a part of a larger one, such as a fold or a refit: it may have been interrupted with it. */
#ifndef LVK_TRAIN_CONTINUATION_H
#define LVK_TRAIN_CONTINUATION_H

#include "leukvk/train.h"

/* Trains the run in the folder options->run from the beginning, or, where it has `begun` (lvk_run_folder_is_begun),
 * resumes it. `epochs`: as in lvk_resume_options. */
LVK_MUST_USE lvk_status lvk_continuation_train(lvk_device *device, const lvk_train_options *options,
                                               bool begun, uint32_t epochs, lvk_train_callback callback,
                                               void *user);

#endif
