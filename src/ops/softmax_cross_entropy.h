/* Cross-entropy of a softmax from logits, summed over the rows:
 *
 *     loss = sum of weight (log(sum over k of exp(z[k])) - z[target])
 *
 * Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990. */
#ifndef LVK_OPS_SOFTMAX_CROSS_ENTROPY_H
#define LVK_OPS_SOFTMAX_CROSS_ENTROPY_H

#include "backend/call.h"
#include "core/error.h"

/* Both operators take z[N, K], the logits, and labels[N, 2], rows of (target, weight): the target is the
 * index of the class, a whole number from 0 to K - 1, which the caller sees to (any other picks no class, but
 * is never read by); the weight is what the sample counts in the loss, class weight and 1 / batch size
 * multiplied in by the caller, 0 for rows that only fill up a batch. At most 2^24 classes, so that their
 * indices are floats. Fails unless inputs 0 and 1 have these types. */
lvk_status lvk_softmax_cross_entropy_expect(const lvk_call *call);

#endif
