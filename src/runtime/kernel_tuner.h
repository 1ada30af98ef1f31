/* The tuner: how long each kernel candidate takes for one call, on the device's own clock. */
#ifndef LVK_RUNTIME_KERNEL_TUNER_H
#define LVK_RUNTIME_KERNEL_TUNER_H

#include "backend/backend.h"
#include "leukvk/kernel_tuning.h"

enum { LVK_TUNER_MOST = 8 }; /* candidates of one call that are considered, from the operator's first on */

typedef struct lvk_kernel_tuner_times {
    int count; /* of candidates that can run the call */
    lvk_kernel_tuning_candidate candidates[LVK_TUNER_MOST];
} lvk_kernel_tuner_times;

/* Lists the candidates that can run `call`, sliced where need be, without running one. */
LVK_MUST_USE lvk_status lvk_kernel_tuner_list(const lvk_caps *caps, const lvk_call *call,
                                              lvk_kernel_tuner_times *times);

/* Measures what lvk_kernel_tuner_list() has listed and marks one as chosen: the first, unless another is
 * clearly faster. A candidate that would take many times as long as the best so far costs one image of the
 * batch or one run. Inputs are floats of both signs; words and bytes are zero. */
LVK_MUST_USE lvk_status lvk_kernel_tuner_measure(lvk_backend *backend, const lvk_call *call,
                                                 lvk_kernel_tuner_times *times);

#endif
