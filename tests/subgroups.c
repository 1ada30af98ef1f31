/* The kernels for subgroups once more, for a device whose subgroups have another size than usual: lavapipe's
 * follow LP_NATIVE_VECTOR_WIDTH. */
#include "support/kernels.h"

#include <criterion/criterion.h>

Test(subgroups, kernels_agree_with_the_reference) {
    /* conv2d, conv2d_relu_pool and dense, each with two gradients; three with ReLU */
    cr_expect_eq(test_kernels("subgroup"), 12);
}
