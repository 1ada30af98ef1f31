/* Parity of kernels whose names begin alike. */
#ifndef TESTS_SUPPORT_KERNELS_H
#define TESTS_SUPPORT_KERNELS_H

#include "backend/backend.h"

/* Compares the kernels whose names begin with `prefix` with the reference, on the device of test_open_device,
 * in all cases of all operators. Fails the test for each difference. Returns the number of operators that had
 * such a kernel which could run. */
int test_kernels(const char *prefix);

/* The same on an open device, in the cases that do not take seconds. */
int test_kernels_on_small_cases(lvk_backend *backend, const char *prefix);

#endif
