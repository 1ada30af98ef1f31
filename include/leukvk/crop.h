/* The crops that training makes of a data set's images, as files: for other programs, or to decode small
 * files instead of large ones. */
#ifndef LEUKVK_CROP_H
#define LEUKVK_CROP_H

#include "leukvk/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_crop_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    /* As in training: "center:N" (a square of N source pixels about the image's centre), "bbox" (the square
     * about the pixels that are not black) or "none" (the whole image, widened to a square). NULL:
     * center:300. */
    const char *mode;
    /* Width and height in pixels, 32 to 8192, that crops are resampled to, as training does it. 0: pixels are
     * copied, at the scale of the image. */
    uint32_t size;
    /* An image whose crop would be smaller than 32 pixels is an error, since such a crop could not be read
     * again. Otherwise the image is left out with a warning in the log. */
    bool strict;
    unsigned threads;           /* 0: as many as processors. The files do not depend on the number */
    lvk_data_progress progress; /* may be NULL */
    void *progress_user;
} lvk_crop_options;

/* Whether `mode` is one that lvk_crop_options knows. LVK_ERROR_ARGUMENT says which ones there are. */
LVK_API LVK_MUST_USE lvk_status lvk_crop_mode_check(const char *mode);

/* Succeeds where lvk_crop_write could begin: the options make sense, and `folder` does not exist, is empty,
 * or holds what lvk_crop_write with the same options had written when it was stopped. LVK_ERROR_ARGUMENT,
 * LVK_ERROR_IO. `options` may be NULL here and below. */
LVK_API LVK_MUST_USE lvk_status lvk_crop_check(const char *folder, const lvk_crop_options *options);

/* Writes, for every image of a data set that was read from a folder, folder/<path>.png with the path's image
 * extension replaced, and
 *  - index.csv: source (path in the data set), output (path below `folder`), x, y, width, height (the square
 *    in source pixels, which may reach beyond the image), class, subject (both empty where unknown); where a
 *    table tells them also part and microns_per_pixel, of the crop's own pixels;
 *  - C-NMC_test_prelim_phase_data_labels.csv, where the data set has such a table: its rows for the images
 *    that were written.
 * So `folder` reads as a data set with the same classes, parts, folds and subjects. Where the name of the
 * data set's own folder tells the part or fold of its images (fold_1, C-NMC_test_prelim_phase_data), that
 * name becomes the first folder of the written paths. Dark noise of a JPEG, which counts as background there,
 * is written unchanged and does not count as background in the PNG.
 *
 * *written becomes the count of images. LVK_ERROR_ARGUMENT: as lvk_crop_check, or `folder` lies in the folder
 * of the data set; LVK_ERROR_FORMAT: two images would be written to the same file, or an image cannot be
 * decoded; LVK_ERROR_IO; LVK_ERROR_MEMORY; LVK_ERROR_CANCELLED. On failure some files may have been
 * written. */
LVK_API LVK_MUST_USE lvk_status lvk_crop_write(const lvk_dataset *dataset, const char *folder,
                                               const lvk_crop_options *options, size_t *written);

#ifdef __cplusplus
}
#endif
#endif
