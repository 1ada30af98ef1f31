/* Does this device compute what it should? Every kernel against the plain C reference, on this machine. */
#ifndef LEUKVK_SELFTEST_H
#define LEUKVK_SELFTEST_H

#include "leukvk/device.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_selftest_event {
    const char *op;         /* the operator that was checked */
    int index, count;       /* its number from 1, and how many there are */
    int candidates, trials; /* kernels that can run here, and runs compared */
    int failures;
    const char *failure; /* NULL at the end of an operator; else one line on a wrong result */
} lvk_selftest_event;

typedef void (*lvk_selftest_callback)(void *user, const lvk_selftest_event *event);

typedef struct lvk_selftest_result {
    int operators, candidates, trials, failures;
    double seconds;
} lvk_selftest_result;

/* Checks all operators with numbers drawn from `seed`; takes less than a minute on a software device. LVK_OK
 * also when results are wrong: then result->failures is not 0. LVK_ERROR_ARGUMENT for the reference device,
 * which is what is compared with. */
LVK_MUST_USE lvk_status lvk_selftest(lvk_device *device, uint64_t seed, lvk_selftest_callback callback,
                                     void *user, lvk_selftest_result *result);

#ifdef __cplusplus
}
#endif
#endif
