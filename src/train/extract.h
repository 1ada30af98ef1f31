/* The features that a run's frozen backbone has of its images. */
#ifndef LVK_TRAIN_EXTRACT_H
#define LVK_TRAIN_EXTRACT_H

#include "train/trainer.h"

/* What the trainer's backbone says of the images of all parts, each as it is, those to train on in
 * settings.options.views ways: from the cache file, and computed where that has none, with events to tell so.
 * Afterwards they are the trainer's source. */
LVK_MUST_USE lvk_status lvk_extract_features(lvk_trainer *trainer, lvk_device *device);

#endif
