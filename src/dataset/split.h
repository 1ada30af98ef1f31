/* Inside of a split. For the files split*.c only. */
#ifndef LVK_DATASET_SPLIT_H
#define LVK_DATASET_SPLIT_H

#include "core/error.h"
#include "leukvk/split.h"

#include <jansson.h>

struct lvk_split {
    const lvk_dataset *dataset;
    uint64_t seed;
    bool by_image;
    double fractions[LVK_SPLIT_PART_COUNT];
    uint32_t *images[LVK_SPLIT_PART_COUNT]; /* each with room for every image of the data set */
    size_t counts[LVK_SPLIT_PART_COUNT];
};

/* A split without images. */
LVK_MUST_USE lvk_status lvk_split_allocate(const lvk_dataset *dataset, lvk_split **split);

/* Takes images into the parts part_of_image[i]; those of LVK_DEAL_NOWHERE are left out. */
void lvk_split_take(lvk_split *split, const uint8_t *part_of_image);

/* Adds the labelled preliminary images, less those of groups that also have training images. */
LVK_MUST_USE lvk_status lvk_split_add_preliminary(lvk_split *split);

/* The JSON of a split's file, not checked yet. */
LVK_MUST_USE lvk_status lvk_split_parse(const char *path, json_t **root);

/* True for the images that are dealt out: the labelled ones of the training part. */
bool lvk_split_deals(const lvk_image_info *image);

enum { LVK_DEAL_MAX_PARTS = 64, LVK_DEAL_NOWHERE = 255 };

/* How images are dealt out to parts. */
typedef struct lvk_deal {
    const lvk_dataset *dataset;
    uint64_t seed;
    bool by_image; /* each image on its own, not group by group */
    int parts;     /* 1 to LVK_DEAL_MAX_PARTS */
    double shares[LVK_DEAL_MAX_PARTS];
    const char *names[LVK_DEAL_MAX_PARTS]; /* of the parts, for messages */
} lvk_deal;

/* part_of_image[i]: whoever is LVK_DEAL_NOWHERE already stays out of it, and with LVK_DEAL_NOWHERE leave
 * those that are not dealt; the others get their parts. */
LVK_MUST_USE lvk_status lvk_deal_images(const lvk_deal *deal, uint8_t *part_of_image);

#endif
