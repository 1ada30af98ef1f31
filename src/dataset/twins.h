/* Folders that hold the same cells in another form (Original and Segmented, images and masks): taken
 * together, each cell would be there twice, or the forms would be taken for classes. */
#ifndef LVK_DATASET_TWINS_H
#define LVK_DATASET_TWINS_H

#include "dataset/scan.h"

/* LVK_ERROR_FORMAT where two folders beside each other have names of forms, or one has, and at least half of
 * the names of its files are those of other files beside it, or where at least half of the files named as
 * masks (x_mask.png) lie beside their image (x.png). The line says what to do. `folder` is the one that was
 * scanned; the scan has all images, in byte order. */
LVK_MUST_USE lvk_status lvk_twins_refuse(const lvk_scan *scan, const char *folder);

#endif
