/* The order in which an epoch goes through the training images, and what their random numbers are drawn by.
 */
#ifndef LVK_TRAIN_EPOCH_ORDER_H
#define LVK_TRAIN_EPOCH_ORDER_H

#include "core/error.h"
#include "leukvk/dataset.h"

#include <stdbool.h>

/* Every image once or, oversampled, every image of the largest class once and those of each other class as
 * often together: each floor(largest / class) times, and as many as are missing, drawn anew each epoch
 * without replacement, once more. */
typedef struct lvk_epoch_order {
    uint32_t *images;  /* [count] data-set indices */
    uint32_t *samples; /* [count] words for random keys: of an image's draw number d within the epoch, from 0,
                     its index + d * images of the data set, modulo 2^32. So no two draws of an image
                     have the same augmentation and dropout, and the first has what it would have alone */
    size_t count;

    /* The training images, class after class, the largest first; without oversampling as if they were of one. */
    uint32_t *sorted;
    size_t starts[LVK_MOST_CLASSES + 1]; /* where the classes begin in `sorted` */
    uint32_t class_count;                /* with images */
    uint32_t *draws;                     /* [dataset_count] of each image so far, while an order is made */
    uint32_t dataset_count;
} lvk_epoch_order;

/* `images`: the training images (copied), all with a label where `oversample` is set.
 * Released by lvk_epoch_order_finish, also after a failure. */
LVK_MUST_USE lvk_status lvk_epoch_order_init(lvk_epoch_order *order, const lvk_dataset *dataset,
                                             const uint32_t *images, size_t count, bool oversample);
void lvk_epoch_order_finish(lvk_epoch_order *order);

/* Fills in the order of an epoch, from 0: a function of seed and epoch alone (Philox,
 * LVK_PURPOSE_SHUFFLE). */
void lvk_epoch_order_draw(lvk_epoch_order *order, uint64_t seed, uint32_t epoch);

#endif
