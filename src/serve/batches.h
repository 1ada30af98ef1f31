/* One model with several sizes of batches. A network computes a whole batch, however many images are in it, so that a few images
 * are computed faster by one of a smaller batch. Kernels may add in another order there, so that the last digits of a
 * probability may differ: where the caller gives a size, there is that one alone. */
#ifndef LVK_SERVE_BATCHES_H
#define LVK_SERVE_BATCHES_H

#include "leukvk/predict.h"

enum { LVK_MOST_SIZES = 6 }; /* 1, 2, 4, 8, 16, 32 */

typedef struct lvk_batches {
    struct {
        lvk_classifier *classifier;
        uint32_t batch;
    } sizes[LVK_MOST_SIZES]; /* ascending */
    uint32_t count;
} lvk_batches;

/* Opens the model for batches of `options->batch` images; 0: for 32, and for 16, 8, 4, 2 and 1 as far as there is memory for
 * them. The caller closes the result, also after a failure. */
LVK_MUST_USE lvk_status lvk_batches_open(lvk_device *device, const char *model,
                                         const lvk_classifier_options *options, lvk_batches *batches);
void lvk_batches_close(lvk_batches *batches);

/* The classifier with the largest batch; and the one for `count` images, with the smallest that holds them all. */
lvk_classifier *lvk_batches_largest(const lvk_batches *batches);
lvk_classifier *lvk_batches_for(const lvk_batches *batches, size_t count);

#endif
