/* Feature extraction: computes the features that a run's frozen backbone has of its images. */
#ifndef LVK_TRAIN_EXTRACT_H
#define LVK_TRAIN_EXTRACT_H

#include "train/trainer.h"

/* Provides the features of the images of all parts: of the plain view, and for training images of
 * settings.options.views views. Features that the cache file does not hold are computed, with events that
 * tell the progress. Afterwards the features are the trainer's source. */
LVK_MUST_USE lvk_status lvk_extract_features(lvk_trainer *trainer, lvk_device *device);

#endif
