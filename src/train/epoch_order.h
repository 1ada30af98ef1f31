/* The order of the training images in an epoch, and the sample numbers by which their random numbers are
 * drawn. */
#ifndef LVK_TRAIN_EPOCH_ORDER_H
#define LVK_TRAIN_EPOCH_ORDER_H

#include "core/error.h"
#include "leukvk/dataset.h"

#include <stdbool.h>

/* The order of an epoch. Without oversampling it has every image once. With oversampling it has as many
 * images of each class as the largest class has: every image of a class of n images comes floor(largest / n)
 * times, and images that are drawn anew each epoch, without replacement, come once more to make up the
 * difference. */
typedef struct lvk_epoch_order {
    uint32_t *images; /* [count] data-set indices */
    /* [count] sample numbers, words of random keys. Occurrence number d (from 0) of an image in the epoch has
     * its index + d * (images of the data set), modulo 2^32. Thus no two occurrences of an image have the
     * same augmentation and dropout, and the first has the same as without oversampling. */
    uint32_t *samples;
    size_t count;

    /* The training images, class by class, the largest first; without oversampling they count as one
     * class. */
    uint32_t *sorted;
    size_t starts[LVK_MOST_CLASSES + 1]; /* where the classes begin in `sorted` */
    uint32_t class_count;                /* classes that have images */
    uint32_t *draws; /* [dataset_count] while an order is made: occurrences of each image */
    uint32_t dataset_count;
} lvk_epoch_order;

/* `images` are the training images (copied), all with a label if `oversample`. Released by
 * lvk_epoch_order_finish, also after a failure. */
LVK_MUST_USE lvk_status lvk_epoch_order_init(lvk_epoch_order *order, const lvk_dataset *dataset,
                                             const uint32_t *images, size_t count, bool oversample);
void lvk_epoch_order_finish(lvk_epoch_order *order);

/* Fills in the order of epoch number `epoch`, from 0. It depends on seed and epoch alone (Philox,
 * LVK_PURPOSE_SHUFFLE). */
void lvk_epoch_order_draw(lvk_epoch_order *order, uint64_t seed, uint32_t epoch);

#endif
