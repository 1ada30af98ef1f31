/* Parity: every kernel candidate of an operator against the reference, element by element, within a derived
 * bound.
 *
 * For all cases (the table's, then drawn ones) × patterns of numbers, each candidate: as it is, once more in
 * place where the operator allows that, and with the first pattern in batch slices; cases made large
 * for the number of workgroups only where that is large. Sums are also taken of whole numbers, whose result
 * is exact: no single term can be wrong unnoticed, however many there are. The reference computes once for
 * all candidates. All memory around the operands is poisoned and checked, outputs start as NaN, and inputs
 * are compared with what was written to them.
 *
 * Bounds count half an ulp for a rounding: to the nearest number, which Vulkan leaves to the device. The
 * float controls of its driver say whether that is what it does (lvk_device_info.rounds_to_nearest). */
#ifndef LVK_SELFTEST_PARITY_H
#define LVK_SELFTEST_PARITY_H

#include "backend/backend.h"

typedef struct lvk_parity_options {
    uint64_t seed;
    const char *kernels; /* only candidates whose names begin so; NULL: all */
    uint32_t draws;      /* drawn cases per candidate, where the operator's table can draw */
    bool skip_large;     /* leave out the cases that take seconds */
    bool quick;          /* one pattern of numbers, no slices: a minute becomes seconds */
} lvk_parity_options;

/* A line that names operator, candidate, case, pattern, element, both values, the allowed error and the seed.
 */
typedef void (*lvk_parity_report)(void *user, const char *failure);

typedef struct lvk_parity_result {
    int candidates; /* kernels that could run here */
    int trials;     /* runs compared */
    int failures;
} lvk_parity_result;

/* Runs operator `op` on a backend that runs launches. A status other than LVK_OK means that the work itself
 * could not be done (the device failed); wrong numbers are failures in *result, each reported. */
LVK_MUST_USE lvk_status lvk_parity_check(lvk_backend *backend, int op, const lvk_parity_options *options,
                                         lvk_parity_report report, void *user, lvk_parity_result *result);

#endif
