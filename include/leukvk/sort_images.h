/* Images in folders by what a model calls them, as links, to look through in a file manager. */
#ifndef LEUKVK_SORT_IMAGES_H
#define LEUKVK_SORT_IMAGES_H

#include "leukvk/dataset.h"
#include "leukvk/predictions.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether lvk_sort_images may write to `folder`: it is not there, or empty, or was not completed. LVK_ERROR_ARGUMENT names it. */
LVK_API LVK_MUST_USE lvk_status lvk_sort_images_check(const char *folder);

/* Makes `folder` with a folder for each class that images are called, and in that folder a symbolic link to each
 * of these images; images[i] is the data-set index of the image with the prediction rows[i]. Where some rows
 * have a label, folders `right`, `wrong` and `unlabelled` are between the two. A link has the image's path as
 * its name, with '_' for '/'; of a long path the end.
 *
 * `options` has the names of the classes and the threshold. Errors: as lvk_sort_images_check, LVK_ERROR_IO,
 * LVK_ERROR_MEMORY. Links that were made before an error or a kill stay, with a mark, the file .leukvk-unfinished;
 * the same call goes on. */
LVK_API LVK_MUST_USE lvk_status lvk_sort_images(const lvk_dataset *dataset, const uint32_t *images,
                                                const lvk_prediction *rows, size_t count,
                                                const lvk_prediction_options *options, const char *folder);

#ifdef __cplusplus
}
#endif
#endif
