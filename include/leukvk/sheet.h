/* Pictures of a data set for people to look at: a contact sheet of cells by class, and cells under
 * augmentation. Cells are cropped and resampled by the same code as in training.
 *
 * Both pictures are PNG files; an existing file is replaced whole. Characters of a name that are not ASCII
 * are shown as '?'. The functions may be called by several threads at once. */
#ifndef LEUKVK_SHEET_H
#define LEUKVK_SHEET_H

#include "leukvk/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero means the default. */
typedef struct lvk_sheet_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    const char *crop;   /* "center:N", "bbox" or "none", as in training; NULL: center:300 */
    /* lvk_sheet_write: for each class; 20, at most 1000. _write_views: in all; 6, at most 100 */
    uint32_t cells;
    uint32_t views; /* lvk_sheet_write_views: augmented views of each cell; 6, at most 100 */
    uint32_t side;  /* width and height of a cell in pixels, 32 to 1024; 150, of _write_views 224, as networks
                         see cells */
    double shift, zoom, color, stain; /* lvk_sheet_write_views: as in lvk_train_options */
    uint64_t seed;                    /* 0 is a seed like any other */
    unsigned threads;                 /* 0: as many as processors. The pictures do not depend on the number */
} lvk_sheet_options;

/* All that lvk_sheet_write_views checks of its options, before images are read. LVK_ERROR_ARGUMENT. */
LVK_API LVK_MUST_USE lvk_status lvk_sheet_views_check(const lvk_sheet_options *options);

/* Writes a contact sheet: a block of cells for each class, and one for images without a label, ten cells in a
 * row. Cells are drawn at random, subjects in turn: no subject appears a second time before every subject has
 * appeared once. Below each cell is its subject, or the file's name where no subject is known.
 *
 * `index` (NULL: none) is a CSV file to write beside the picture, with a line for each cell: row and column
 * (from 1), path, class, subject (empty where not known). `options` may be NULL. LVK_ERROR_ARGUMENT: an
 * option is out of range; LVK_ERROR_LIMIT: the picture would have more than 16384 pixels a side;
 * LVK_ERROR_IO: an image is no longer what the data set read, or a file cannot be written;
 * LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_sheet_write(const lvk_dataset *dataset, const lvk_sheet_options *options,
                                                const char *path, const char *index);

/* Writes a row of pictures for each cell, classes in turn: the plain crop, then the crop as training with the
 * same seed on the same data set shows it to the network in epochs 1, 2, … (Training with a frozen backbone
 * shows the eight dihedral views of the crop instead.) Errors as lvk_sheet_write. */
LVK_API LVK_MUST_USE lvk_status lvk_sheet_write_views(const lvk_dataset *dataset,
                                                      const lvk_sheet_options *options, const char *path);

/* Writes a picture of `count` cells (1 to 1000), ten in a row, with `title` above and captions[i] below cell i,
 * the image of data-set index images[i]. Of the options, crop, side and threads count. Errors as
 * lvk_sheet_write. */
LVK_API LVK_MUST_USE lvk_status lvk_sheet_write_cells(const lvk_dataset *dataset,
                                                      const lvk_sheet_options *options,
                                                      const uint32_t *images, const char *const *captions,
                                                      size_t count, const char *title, const char *path);

#ifdef __cplusplus
}
#endif
#endif
