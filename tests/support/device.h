/* The device on which a suite runs: the Vulkan device of the driver that the environment's VK_ICD_FILENAMES
 * names (see tests/CMakeLists.txt), with validation on. */
#ifndef TESTS_SUPPORT_DEVICE_H
#define TESTS_SUPPORT_DEVICE_H

#include "backend/backend.h"

/* Opens the device; LEUKVK_TEST_DEVICE=reference gives the reference backend, =cpu the cpu backend. Fails the
 * test when there is no device. */
lvk_backend *test_open_device(void);

/* Closes the device, and fails the test when the validation layers have given a message. */
void test_close_device(lvk_backend *backend);

#endif
