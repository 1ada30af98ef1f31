/* Folders without images, which look like classes and are none. */
#ifndef LVK_DATASET_EMPTY_FOLDERS_H
#define LVK_DATASET_EMPTY_FOLDERS_H

#include "dataset/scan.h"

/* Leaves, of the folders that were read, the topmost ones without an image, in byte order. The scan has all
 * images. */
void lvk_empty_folders_find(const lvk_scan *scan, const char **folders, size_t *count);

/* Says in one line which of them lie beside class folders. */
LVK_MUST_USE lvk_status lvk_empty_folders_tell(const lvk_scan *scan, const char *folder,
                                               const char *const *folders, size_t count);

#endif
