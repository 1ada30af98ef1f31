/* The hyperparameters of operator accumulate, which computes the mean of the gradients of several batches,
 * one batch after the other: a = g / batches with the first batch, a += g / batches with each further one.
 * The hyper tensor is {0 with the first batch, else 1; 1 / batches; 0, 0, 0, 0, 0, 0}. */
#ifndef LVK_OPS_ACCUMULATE_H
#define LVK_OPS_ACCUMULATE_H

#include "ops/optimizer.h"

/* Fills the hyper tensor for batch number `batch` (from 0) of `batches`. */
static inline void lvk_accumulate_hyper(uint32_t batch, uint32_t batches, lvk_real hyper[LVK_HYPER_COUNT]) {
    for (int i = 0; i < LVK_HYPER_COUNT; ++i)
        hyper[i] = 0;
    hyper[0] = batch > 0;
    hyper[1] = (lvk_real)(1.0 / batches);
}

#endif
