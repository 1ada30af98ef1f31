/* Binary cross-entropy from logits. */
#ifndef LVK_OPS_BCE_H
#define LVK_OPS_BCE_H

#include "backend/call.h"
#include "core/error.h"

/* Both operators take z[N, 1], the logits, and labels[N, 2], rows of (target, weight): the target is the
 * probability of the positive class, 0 to 1; the weight is what the sample counts in the loss, class weight
 * and 1 / batch size multiplied in by the caller, 0 for rows that only fill up a batch. Fails unless inputs 0
 * and 1 have these types. */
lvk_status lvk_bce_expect(const lvk_call *call);

#endif
