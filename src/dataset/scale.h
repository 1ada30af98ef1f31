/* The scale of a data set's images. */
#ifndef LVK_DATASET_SCALE_H
#define LVK_DATASET_SCALE_H

#include "dataset/assemble.h"

/* Finds the scale of most images. LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_dataset_find_scale(lvk_dataset *dataset);

/* LVK_ERROR_ARGUMENT: an option tells a scale that cannot be. */
LVK_MUST_USE lvk_status lvk_scale_check(double microns_per_pixel);

#endif
