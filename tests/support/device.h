/* The device that a suite runs on: the Vulkan device that the environment offers (the loader's
 * VK_ICD_FILENAMES chooses the driver; see tests/CMakeLists.txt), with validation on. */
#ifndef TESTS_SUPPORT_DEVICE_H
#define TESTS_SUPPORT_DEVICE_H

#include "backend/backend.h"

/* Opens it; LEUKVK_TEST_DEVICE=reference gives the reference backend. Fails the test when there is none. */
lvk_backend *test_open_device(void);

/* Closes it and fails the test when the validation layers said anything. */
void test_close_device(lvk_backend *backend);

#endif
