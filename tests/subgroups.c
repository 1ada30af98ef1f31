/* The kernels for subgroups once more, for a device whose subgroups have another size than usual: lavapipe's
 * follow LP_NATIVE_VECTOR_WIDTH. */
#include "support/device.h"
#include "support/kernels.h"
#include "vulkan/device.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(subgroups, kernels_agree_with_the_reference) {
    /* conv2d, conv2d_relu_pool and dense, each with two gradients; three with ReLU */
    cr_expect_eq(test_kernels("subgroup"), 12);
}

/* By broadcasts where the driver at hand shuffles fast, and the other way round (vulkan/broadcast.h). Which lane reads what is
 * another thing then within a subgroup, in every small case; how many workgroups there are is the same, so that the large cases are
 * left to the test above. With 8 lanes alone: what becomes of a shader's words does not depend on their number. */
Test(subgroups, kernels_agree_by_broadcasts_as_by_shuffles) {
    const char *width = getenv("LP_NATIVE_VECTOR_WIDTH");
    if (width && strcmp(width, "128") == 0) {
        fprintf(stderr, "left out with 4 lanes\n");
        return;
    }
    lvk_backend *backend = test_open_device();
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    vulkan->adapter.broadcasts = !vulkan->adapter.broadcasts;
    cr_expect_eq(test_kernels_on_small_cases(backend, "subgroup"), 12);
    test_close_device(backend);
}
