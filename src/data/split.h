/* Inside of a split. For split.c, split_deal.c and split_file.c only. */
#ifndef LVK_DATA_SPLIT_H
#define LVK_DATA_SPLIT_H

#include "core/error.h"
#include "leukvk/split.h"

enum {
    LVK_SPLIT_DEALT = LVK_SPLIT_PRELIMINARY
}; /* count of the parts that the training images are dealt to */

struct lvk_split {
    const lvk_dataset *dataset;
    uint64_t seed;
    double fractions[LVK_SPLIT_PART_COUNT];
    uint32_t *images[LVK_SPLIT_PART_COUNT]; /* each with room for every image of the data set */
    size_t counts[LVK_SPLIT_PART_COUNT];
};

/* A split without images. */
LVK_MUST_USE lvk_status lvk_split_allocate(const lvk_dataset *dataset, lvk_split **split);

/* True for the images that are dealt out: the labelled ones of the training part. */
bool lvk_split_deals(const lvk_image_info *image);

/* part_of_group[g] = the part of every group that holds dealt images, for split->seed and split->fractions.
 */
LVK_MUST_USE lvk_status lvk_split_deal(const lvk_split *split, uint8_t *part_of_group);

#endif
