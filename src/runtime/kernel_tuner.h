/* The kernel tuner: measures how long each kernel candidate takes for one call, on the device's clock. */
#ifndef LVK_RUNTIME_KERNEL_TUNER_H
#define LVK_RUNTIME_KERNEL_TUNER_H

#include "backend/backend.h"
#include "leukvk/kernel_tuning.h"

enum {
    LVK_TUNER_MOST = 8
}; /* the most candidates of a call that are measured, from the operator's first on */

typedef struct lvk_kernel_tuner_times {
    int count; /* the number of candidates that can run the call */
    lvk_kernel_tuning_candidate candidates[LVK_TUNER_MOST];
} lvk_kernel_tuner_times;

/* Lists the candidates that can run `call`, if necessary in slices, without running any. */
LVK_MUST_USE lvk_status lvk_kernel_tuner_list(const lvk_caps *caps, const lvk_call *call,
                                              lvk_kernel_tuner_times *times);

/* Measures the candidates that lvk_kernel_tuner_list() has listed, and marks one as chosen: the first, unless
 * another is clearly faster. A candidate that takes many times as long as the best so far is given up after
 * one image of the batch or after one run. The inputs are floats of both signs; words and bytes are zero. */
LVK_MUST_USE lvk_status lvk_kernel_tuner_measure(lvk_backend *backend, const lvk_call *call,
                                                 lvk_kernel_tuner_times *times);

#endif
