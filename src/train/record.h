/* What config.json keeps of a training beside its settings. */
#ifndef LVK_TRAIN_RECORD_H
#define LVK_TRAIN_RECORD_H

#include "train/trainer.h"

/* Writes the run's config.json: settings, origin, classes, and what a refit has of the models before it. Only the first rank
 * does so. */
LVK_MUST_USE lvk_status lvk_record_write(const lvk_trainer *trainer, const lvk_backend_info *backend);

/* Takes what a refit keeps of the training before from `before`, which `path` holds, unless it is given anew. */
LVK_MUST_USE lvk_status lvk_record_take_source(lvk_train_options *options, const lvk_resume_options *resume,
                                               const char *path, const json_t *before);

#endif
