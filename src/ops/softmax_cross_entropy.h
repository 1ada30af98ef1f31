/* Cross-entropy of a softmax from logits, summed over the rows:
 *
 *     loss = sum of weight (log(sum over k of exp(z[k])) - z[target])
 *
 * Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990. */
#ifndef LVK_OPS_SOFTMAX_CROSS_ENTROPY_H
#define LVK_OPS_SOFTMAX_CROSS_ENTROPY_H

#include "backend/call.h"
#include "core/error.h"

/* Fails unless inputs 0 and 1 have the types that softmax_cross_entropy and its gradient take: z[N, K], the
 * logits, and labels[N, 2], rows of (target, weight). The target is the class, a whole number from 0 to K -
 * 1. The caller checks it; any other number means no class, and never makes a kernel read outside of z. The
 * weight is the factor of the row's loss: the caller multiplies class weight, sample weight and 1 / batch
 * size into it, and gives 0 to rows that only fill up a batch. K is at most 2^24, so that a float holds every
 * class. */
lvk_status lvk_softmax_cross_entropy_expect(const lvk_call *call);

#endif
