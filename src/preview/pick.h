/* Which images of a class to show. */
#ifndef LVK_PREVIEW_PICK_H
#define LVK_PREVIEW_PICK_H

#include "core/error.h"
#include "leukvk/dataset.h"

/* How many images have this label (-1: none). */
size_t lvk_pick_available(const lvk_dataset *dataset, int32_t label);

/* Fills images[0] to images[count - 1] with data-set indices of that label, `count` at most what is
 * available: an order drawn from the seed in which every subject comes once before any comes twice, and so
 * on. A longer list begins with the shorter one. LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_pick(const lvk_dataset *dataset, int32_t label, uint64_t seed, uint32_t *images,
                                 size_t count);

#endif
