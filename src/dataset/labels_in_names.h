/* Labels in the names of files, as ALL-IDB has them: Im001_1.tif is an image with blasts, Im131_0.tif one
 * without. */
#ifndef LVK_DATASET_LABELS_IN_NAMES_H
#define LVK_DATASET_LABELS_IN_NAMES_H

#include "dataset/scan.h"

/* Whether no folders are classes (at most one has been listed), all images have such names, and both labels
 * are there. */
bool lvk_names_have_labels(const lvk_scan *scan);

/* Gives the images their labels by name, in the classes blast and healthy. */
LVK_MUST_USE lvk_status lvk_names_take_labels(lvk_scan *scan);

#endif
