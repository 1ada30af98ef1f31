/* The self-test: compares every kernel of a device with the reference in plain C, on this machine. */
#ifndef LEUKVK_SELFTEST_H
#define LEUKVK_SELFTEST_H

#include "leukvk/device.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_selftest_event {
    const char *op;       /* the operator that was checked */
    int index, count;     /* the number of the operator, from 1, and the number of all operators */
    int candidates, runs; /* the number of kernels that can run here, and of runs that were compared */
    int failures;
    const char *failure; /* one line about a wrong result; NULL at the end of an operator */
} lvk_selftest_event;

typedef void (*lvk_selftest_callback)(void *user, const lvk_selftest_event *event);

typedef struct lvk_selftest_result {
    int operators, candidates, runs, failures;
    double seconds;
} lvk_selftest_result;

/* Checks all operators with numbers drawn from `seed`, in less than a minute, or one to two on a software device. If results
 * are wrong, the status is LVK_OK, and result->failures is not 0. LVK_ERROR_ARGUMENT for the reference
 * device, since the others are compared with it. */
LVK_API LVK_MUST_USE lvk_status lvk_selftest(lvk_device *device, uint64_t seed,
                                             lvk_selftest_callback callback, void *user,
                                             lvk_selftest_result *result);

/* What lvk_selftest_once has found. */
typedef struct lvk_selftest_verdict {
    bool known; /* from an earlier self-test: nothing was run now, and the numbers below are 0 */
    int operators, kernels, runs;
    int set_aside; /* the number of kernels that were wrong */
    double seconds;
} lvk_selftest_verdict;

/* A short self-test, which runs once for a device, driver and version of leukvk, before the first training: every kernel
 * (on a software driver of Vulkan, every one that would be taken without tuning, and what takes the place of a wrong one) runs on
 * one case, twice, and must give the reference's numbers and the same bits both times. The verdict is kept in
 * the user's cache folder. A kernel that is wrong is set aside: networks on this device, also after it is opened again,
 * take the next kernel of the operator. Where none is left, a fused operator is computed as the operators that it is made
 * of, and networks with any other fail with LVK_ERROR_UNSUPPORTED. `callback` may be NULL;
 * it gets the same events as that of lvk_selftest. Nothing is run for the reference, nor if the verdict is known. */
LVK_API LVK_MUST_USE lvk_status lvk_selftest_once(lvk_device *device, lvk_selftest_callback callback,
                                                  void *user, lvk_selftest_verdict *verdict);

#ifdef __cplusplus
}
#endif
#endif
