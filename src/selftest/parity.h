/* Parity: compares every kernel candidate of an operator with the reference, element by element, within a
 * derived bound.
 *
 * Every candidate runs on all cases (first the table's, then drawn ones) with several patterns of numbers. It
 * runs once plainly, once more in place where the operator allows it, and with the first pattern in batch
 * slices. Cases that are large only so that there are many workgroups run on the candidates that start many.
 * Sums are also computed of whole numbers, where the result must be exact: a single wrong term is noticed,
 * however many terms there are. The reference computes once for all candidates. All memory around the
 * operands is filled with a pattern and checked, outputs start as NaN, and inputs must not change.
 *
 * The bounds allow half an ulp for each rounding, as rounding to the nearest number has. Vulkan leaves the
 * rounding mode to the device; lvk_device_info.rounds_to_nearest tells what the driver's float controls say
 * about it. */
#ifndef LVK_SELFTEST_PARITY_H
#define LVK_SELFTEST_PARITY_H

#include "backend/backend.h"

typedef struct lvk_parity_options {
    uint64_t seed;
    const char *kernels; /* only candidates whose names begin with this text; NULL: all */
    uint32_t draws;      /* drawn cases for each candidate, where the operator's table can draw */
    bool skip_large;     /* leave out the cases that take seconds */
    bool
        brief; /* every candidate on one case only, the first that it can run; on a software driver of Vulkan only those
                            that a free choice takes, and where one is wrong those that take its place */
    bool twice; /* every run once more, on the same numbers, which must give the same bits */
    bool quick; /* only one pattern of numbers and no slices: seconds instead of a minute */
} lvk_parity_options;

/* Called for each failure, with a line that names operator, candidate, case, pattern, element, both values,
 * the allowed error and the seed. */
typedef void (*lvk_parity_report)(void *user, const char *failure);

typedef struct lvk_parity_result {
    int candidates; /* the number of kernel candidates that can run on the device */
    int runs;       /* the number of runs that were compared */
    int failures;
    uint64_t wrong; /* bit i: candidate i has failed */
} lvk_parity_result;

/* Checks operator `op` on a backend that runs launches. A status other than LVK_OK means that the check could
 * not be done, for example because the device failed. Wrong numbers are reported one by one and counted as
 * failures in *result. */
LVK_MUST_USE lvk_status lvk_parity_check(lvk_backend *backend, int op, const lvk_parity_options *options,
                                         lvk_parity_report report, void *user, lvk_parity_result *result);

#endif
