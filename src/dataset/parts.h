/* Parts of a split that a data set brings along: folders named train, val and test above the class folders,
 * or a column of a table. */
#ifndef LVK_DATASET_PARTS_H
#define LVK_DATASET_PARTS_H

#include "dataset/scan.h"

/* The part that the `size` bytes name, in any case: train, training, val, valid, validation, test, testing;
 * LVK_GIVEN_NONE: none. */
lvk_given_part lvk_given_part_parse(const char *name, size_t size);

/* "train", "validation", "test"; "" of LVK_GIVEN_NONE. */
const char *lvk_given_part_name(lvk_given_part part);

/* Where the folders at `depth` in the paths are parts, gives the images in them their part and `from`; all
 * others are outside. LVK_ERROR_FORMAT: one folder has the name of a part and others have not. */
LVK_MUST_USE lvk_status lvk_parts_place(lvk_scan *scan, const char *folder, size_t depth);

#endif
