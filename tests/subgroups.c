/* The kernels for subgroups once more, for a device whose subgroups have another size than usual: lavapipe's
 * follow LP_NATIVE_VECTOR_WIDTH. */
#include "ops/op.h"
#include "selftest/parity.h"
#include "support/device.h"
#include "support/seed.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void report(void *user, const char *failure) {
    (void)user;
    cr_expect(false, "%s (run again with LEUKVK_SEED)", failure);
}

Test(subgroups, kernels_agree_with_the_reference) {
    enum {
        OPERATORS = 12
    }; /* conv2d, conv2d_relu_pool and dense, each with two gradients; three with ReLU */
    const lvk_parity_options options = {.seed = test_seed(), .kernels = "subgroup", .draws = 8};
    lvk_backend *backend = test_open_device();
    int operators = 0;
    for (int op = 0; op < LVK_OP_COUNT; ++op) {
        lvk_parity_result result;
        cr_assert_eq(lvk_parity_check(backend, op, &options, report, NULL, &result), LVK_OK, "%s",
                     lvk_error_message());
        operators += result.candidates > 0 && result.trials > 0;
    }
    cr_expect_eq(operators, OPERATORS);
    test_close_device(backend);
}
