/* What the images of a data set look like, in numbers: the sizes of images, and the sizes and colours of
 * cells. All numbers follow from what lvk_dataset_create has measured; no file is read again. */
#ifndef LEUKVK_EXPLORE_H
#define LEUKVK_EXPLORE_H

#include "leukvk/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The cells of one class in one part. A number is NaN where there is no image (for colours: no pixel that is
 * not background). */
typedef struct lvk_cell_summary {
    size_t images;
    size_t subjects; /* named ones */
    /* Pixels: the first quartile, the median and the third quartile, interpolated linearly between order
     * statistics (type 7 of Hyndman and Fan, "Sample quantiles in statistical packages", The American
     * Statistician 50, 1996). */
    double area_quartiles[3];
    /* Mean and standard deviation of red, green and blue, 0 to 1, over all pixels of all cells, so that a
     * large cell weighs more than a small one. */
    double colour_mean[3], colour_deviation[3];
} lvk_cell_summary;

/* `label`: a class index, or -1 for the images without a label. Thread-safe. LVK_ERROR_MEMORY at most. */
LVK_API LVK_MUST_USE lvk_status lvk_explore_cells(const lvk_dataset *dataset, lvk_data_part part,
                                                  int32_t label, lvk_cell_summary *summary);

typedef struct lvk_image_size {
    uint32_t width, height; /* pixels */
    size_t images;
} lvk_image_size;

enum { LVK_SIZES_LISTED = 8 };

typedef struct lvk_size_summary {
    size_t distinct; /* how many sizes there are */
    /* The most frequent sizes, the most frequent first; equally frequent ones from small to large. Rows from
     * `distinct` on are zero. */
    lvk_image_size listed[LVK_SIZES_LISTED];
    uint32_t width[3], height[3]; /* pixels: the least, the (lower) median, the most */
} lvk_size_summary;

/* Over all images of the data set. Thread-safe. LVK_ERROR_MEMORY at most. */
LVK_API LVK_MUST_USE lvk_status lvk_explore_sizes(const lvk_dataset *dataset, lvk_size_summary *summary);

#ifdef __cplusplus
}
#endif
#endif
