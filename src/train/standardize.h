/* Standardization of the features on which a head is trained. */
#ifndef LVK_TRAIN_STANDARDIZE_H
#define LVK_TRAIN_STANDARDIZE_H

#include "train/trainer.h"

/* Measures mean and variance of each feature over the training images in all their views, and writes them to
 * the parameters of the head's lvk_layer_standardize. The layer's gamma becomes one over the root of the number
 * of features, so that a row of features has a length of about 1 whatever their number: one learning rate then
 * suits all stages of all backbones. The features must have been extracted. */
LVK_MUST_USE lvk_status lvk_standardize_features(lvk_trainer *trainer);

#endif
