/* Part of operator accumulate: what its scalars are. The mean of the gradients of several batches, one after
 * the other: a = g / parts with the first, a += g / parts with the others. Hyper tensor: {0 with the first,
 * else 1, 1 / parts, 0, 0, 0, 0, 0, 0}. */
#ifndef LVK_OPS_ACCUMULATE_H
#define LVK_OPS_ACCUMULATE_H

#include "ops/optimizer.h"

/* The scalars of batch `part` (from 0) of `parts` batches. */
static inline void lvk_accumulate_hyper(uint32_t part, uint32_t parts, lvk_real hyper[LVK_HYPER_COUNT]) {
    for (int i = 0; i < LVK_HYPER_COUNT; ++i)
        hyper[i] = 0;
    hyper[0] = part > 0;
    hyper[1] = (lvk_real)(1.0 / parts);
}

#endif
