/* Binary cross-entropy from logits, summed over the rows:
 *
 *     loss = sum of weight (max(z, 0) - z target + log(1 + exp(-|z|)))
 *
 * which is -target log(sigmoid(z)) - (1 - target) log(1 - sigmoid(z)) in a form that does not overflow. */
#ifndef LVK_OPS_BCE_H
#define LVK_OPS_BCE_H

#include "backend/call.h"
#include "core/error.h"

/* Fails unless inputs 0 and 1 have the types that both operators, bce and bce_grad, take: z[N, 1], the
 * logits, and labels[N, 2], rows of (target, weight). The target is the probability of the positive class, 0
 * to 1. The weight is the factor of the row's loss: the caller multiplies class weight, sample weight and 1 /
 * batch size into it, and gives 0 to rows that only fill up a batch. */
lvk_status lvk_bce_expect(const lvk_call *call);

#endif
