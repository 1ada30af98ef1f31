/* What a training's data set holds: counts by part and class, and what was left out. */
#ifndef LVK_TRAIN_DATA_COUNTS_H
#define LVK_TRAIN_DATA_COUNTS_H

#include "core/error.h"
#include "leukvk/split.h"

/* Writes `folder`/data.json:
 *
 *   images, without_label, outside_class_folders (image files)
 *   same_picture    sets of images that are one picture
 *   left_out        for each reason: reason, files, example (the path of one)
 *   parts           for each part of the split: images, people (who are known), images_without_person,
 *                   images_by_class, people_by_class
 */
LVK_MUST_USE lvk_status lvk_data_counts_write(const lvk_dataset *dataset, const lvk_split *split,
                                              const char *folder);

/* The same for a run that is resumed: writes the file only where it is missing, cannot be read, or tells something else
 * than the data set has, and logs a warning that says which. */
LVK_MUST_USE lvk_status lvk_data_counts_renew(const lvk_dataset *dataset, const lvk_split *split,
                                              const char *folder);

#endif
