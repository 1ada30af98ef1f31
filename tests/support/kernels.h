/* Parity of the kernels that share the beginning of their names. */
#ifndef TESTS_SUPPORT_KERNELS_H
#define TESTS_SUPPORT_KERNELS_H

#include "backend/backend.h"

/* Compares the kernels whose names begin with `prefix` with the reference, on the device of test_open_device, in all cases of all
 * operators. Fails the test for each difference. Returns how many operators had such a kernel that could run. */
int test_kernels(const char *prefix);

/* Those of one operator, on a device that is open. Returns whether there was one that could run. */
bool test_kernels_of(lvk_backend *backend, int op, const char *prefix);

#endif
