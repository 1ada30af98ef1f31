/* What is measured of a decoded picture, and data sets of pictures that came from no folder. */
#ifndef LVK_DATASET_MEASURE_H
#define LVK_DATASET_MEASURE_H

#include "image/image.h"
#include "leukvk/dataset.h"

/* Sets the members of `info` that the picture tells: its size, area, colours, outline, texture, hash, pages and
 * bits. */
void lvk_image_info_measure(const lvk_image *image, lvk_image_info *info);

/* Makes a data set without classes and labels of `count` pictures that were measured. Each is a subject of its own.
 * No file is read: what reads the files of a data set needs the crops from elsewhere (lvk_cache_lend). The paths must
 * outlive the data set, which the caller destroys. */
LVK_MUST_USE lvk_status lvk_dataset_create_measured(const lvk_image_info *images, size_t count,
                                                    lvk_dataset **dataset);

#endif
