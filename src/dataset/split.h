/* The struct of a split. Included by split*.c only. */
#ifndef LVK_DATASET_SPLIT_H
#define LVK_DATASET_SPLIT_H

#include "core/error.h"
#include "leukvk/split.h"

#include <jansson.h>

struct lvk_split {
    const lvk_dataset *dataset;
    uint64_t seed;
    bool by_image;
    bool given; /* the parts are the data set's own, whoever is on both sides */
    double fractions[LVK_SPLIT_PART_COUNT];
    uint32_t *images[LVK_SPLIT_PART_COUNT]; /* each has room for all images of the data set */
    size_t counts[LVK_SPLIT_PART_COUNT];
};

/* Makes a split without images. */
LVK_MUST_USE lvk_status lvk_split_allocate(const lvk_dataset *dataset, lvk_split **split);

/* Adds every image i to the part part_of_image[i] of the split; an image with LVK_UNASSIGNED is left out. */
void lvk_split_take(lvk_split *split, const uint8_t *part_of_image);

/* The data set's own parts. Without one for validation, the split's share of the images to train on is drawn.
 * LVK_ERROR_FORMAT: nothing to train on, or not of each class. */
LVK_MUST_USE lvk_status lvk_split_assign_given(lvk_split *split, uint8_t *part_of_image);

/* Adds the labelled images of the preliminary part, except those of groups that also have training images. */
LVK_MUST_USE lvk_status lvk_split_add_preliminary(lvk_split *split);

/* Reads the JSON of a split's file and checks no more than its syntax. The caller releases *root. */
LVK_MUST_USE lvk_status lvk_split_parse(const char *path, json_t **root);

/* Whether a split assigns the image to one of its parts: the image is labelled and of the training part. */
bool lvk_split_assigns(const lvk_image_info *image);

enum { LVK_ASSIGN_MAX_PARTS = 64, LVK_UNASSIGNED = 255 };

/* How images are assigned to parts. Only groups of images are moved, so that subjects who share a picture
 * stay together; with `by_image` each image is a group of its own. */
typedef struct lvk_assign_options {
    const lvk_dataset *dataset;
    uint64_t seed;
    bool by_image;
    int parts;                               /* 1 to LVK_ASSIGN_MAX_PARTS */
    double shares[LVK_ASSIGN_MAX_PARTS];     /* of the images that each part is to have; their sum is 1 */
    const char *names[LVK_ASSIGN_MAX_PARTS]; /* of the parts, for messages */
} lvk_assign_options;

/* Assigns images to parts and writes the part of image i to part_of_image[i]. An image whose entry is
 * LVK_UNASSIGNED at the call keeps that entry and does not count. An image that no split assigns
 * (lvk_split_assigns) gets LVK_UNASSIGNED. */
LVK_MUST_USE lvk_status lvk_assign_images(const lvk_assign_options *options, uint8_t *part_of_image);

#endif
