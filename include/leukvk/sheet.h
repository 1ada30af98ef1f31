/* Pictures of a data set for people to look at: cells by class, and what augmentation makes of them. Cells
 * are cropped and resampled by the code that does it in training.
 *
 * Both write a PNG (replaced whole when it exists). Names that are not ASCII are shown with '?'. */
#ifndef LEUKVK_SHEET_H
#define LEUKVK_SHEET_H

#include "leukvk/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero means the default. */
typedef struct lvk_sheet_options {
    const char *crop; /* "center:N", "bbox" or "none", as in training; NULL: center:300 */
    uint32_t cells; /* lvk_sheet_write: cells a class, 20, at most 1000. lvk_sheet_write_views: cells in all,
                       6, at most 100 */
    uint32_t views; /* lvk_sheet_write_views: augmented views a cell, 6, at most 100 */
    uint32_t side;  /* pixels of a cell's picture: 150 and 224 (as the cnn and resnets see it); 32 to 1024 */
    double shift, zoom, color; /* lvk_sheet_write_views: as in lvk_train_options */
    uint64_t seed;             /* 0 is a seed like any other */
    unsigned threads;          /* 0: as many as processors. The pictures do not depend on it */
} lvk_sheet_options;

/* A contact sheet: one block a class (and one for images without label), its cells drawn at random, subjects
 * in turn: no subject is there a second time before every one is there once. Ten cells a row, their subject
 * (the file's name where it names none) below. `index`: a CSV file to write beside it, one line a cell: row
 * and column (from 1), path, class, subject (empty where unknown). NULL: none. `options` may be NULL.
 * LVK_ERROR_ARGUMENT; LVK_ERROR_LIMIT: a picture of more than 16384 pixels a side; LVK_ERROR_IO: an image
 * that has changed since, a file that cannot be written; LVK_ERROR_MEMORY. */
LVK_MUST_USE lvk_status lvk_sheet_write(const lvk_dataset *dataset, const lvk_sheet_options *options,
                                        const char *path, const char *index);

/* One row a cell, classes in turn: the plain crop, then what training shows of it in epochs 1, 2, ... when it
 * is started with the same seed on the same data set (where a backbone is frozen, training keeps to the eight
 * ways in which a square can lie instead). Errors as above. */
LVK_MUST_USE lvk_status lvk_sheet_write_views(const lvk_dataset *dataset, const lvk_sheet_options *options,
                                              const char *path);

#ifdef __cplusplus
}
#endif
#endif
