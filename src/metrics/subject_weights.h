/* Weights of labelled images, where all classes weigh alike, and in a class all of its subjects: some people have hundreds
 * of images, others ten. */
#ifndef LVK_METRICS_SUBJECT_WEIGHTS_H
#define LVK_METRICS_SUBJECT_WEIGHTS_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/* Sets weights[i] to one over the number of images that subject subjects[i] has of class labels[i], and over the number of
 * subjects with that class, so that each class that is there has the sum 1. `known` (may be NULL) becomes the number of subjects
 * of each class. Both are given for `count` images; subjects from 0 to subject_count - 1, labels from 0 to classes - 1.
 * LVK_ERROR_MEMORY. */
LVK_MUST_USE lvk_status lvk_subject_weights(const uint32_t *subjects, const uint32_t *labels, size_t count,
                                            size_t subject_count, uint32_t classes, double *weights,
                                            uint32_t *known);

#endif
