/* The crops that training makes of a data set's images, as files: for other programs, or to decode small
 * files instead of large ones. */
#ifndef LEUKVK_CROP_H
#define LEUKVK_CROP_H

#include "leukvk/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_crop_options {
    const char *mode; /* "center:N" (a square of N source pixels about the image's centre), "bbox" (the square
                         about what is not black) or "none", as in training; NULL: center:300 */
    uint32_t size; /* resampled to size x size pixels as training does it, 32 to 8192; 0: the scale is kept,
                      pixels are copied */
    bool strict;   /* an image whose crop would be smaller than 32 pixels, too small to be read again, is an
                      error; otherwise it is left out with a warning in the log */
    unsigned threads;           /* 0: as many as processors. The files do not depend on it */
    lvk_data_progress progress; /* may be NULL */
    void *progress_user;
} lvk_crop_options;

/* Whether lvk_crop_write could begin: `folder` is empty, does not exist, or
 * was begun with the same options and stopped; the options make sense.
 * LVK_ERROR_ARGUMENT, LVK_ERROR_IO. `options` may be NULL here and below. */
LVK_MUST_USE lvk_status lvk_crop_check(const char *folder, const lvk_crop_options *options);

/* Writes, for every image of a data set that was read from a folder, folder/<path>.png with the path's image
 * extension replaced, and
 *  - index.csv: source (path in the data set), output (path below `folder`), x, y, width, height (the square
 *    in source pixels, which may reach beyond the image), class, subject (both empty where unknown);
 *  - C-NMC_test_prelim_phase_data_labels.csv, where the data set has such a table: its rows for the images
 *    that were written.
 * So `folder` reads as a data set with the same classes, parts, folds and subjects: where a C-NMC image's
 * place is told by the data set's own folder (fold_1, C-NMC_test_prelim_phase_data), that name becomes the
 * first folder of the paths. JPEG's dark noise, which counts as background in a JPEG, is kept as it is and
 * will be seen in a PNG.
 *
 * *written gets the count of images. LVK_ERROR_ARGUMENT: see lvk_crop_check, or `folder` lies in the data
 * set's; LVK_ERROR_FORMAT: two images that would be the same file, an image that cannot be read;
 * LVK_ERROR_IO; LVK_ERROR_MEMORY; LVK_ERROR_CANCELLED. On failure some files may have been written. */
LVK_MUST_USE lvk_status lvk_crop_write(const lvk_dataset *dataset, const char *folder,
                                       const lvk_crop_options *options, size_t *written);

#ifdef __cplusplus
}
#endif
#endif
