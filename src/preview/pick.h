/* A random choice of the images of a class to show. */
#ifndef LVK_PREVIEW_PICK_H
#define LVK_PREVIEW_PICK_H

#include "core/error.h"
#include "leukvk/dataset.h"

/* Counts the images with this label (-1: images without a label). */
size_t lvk_pick_available(const lvk_dataset *dataset, int32_t label);

/* Fills images[0] to images[count - 1] with data-set indices of images with that label; `count` is at most
 * lvk_pick_available. The order is drawn from the seed, with the subjects in turn: no subject appears a
 * second time before every subject has appeared once, and so on. A longer list begins with the shorter one.
 * LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_pick(const lvk_dataset *dataset, int32_t label, uint64_t seed, uint32_t *images,
                                 size_t count);

#endif
