#include "support/kernels.h"

#include "ops/op.h"
#include "selftest/parity.h"
#include "support/device.h"
#include "support/seed.h"

#include <criterion/criterion.h>

static void report(void *user, const char *failure) {
    (void)user;
    cr_expect(false, "%s (run again with LEUKVK_SEED)", failure);
}

int test_kernels_on(lvk_backend *backend, const char *prefix) {
    const lvk_parity_options options = {.seed = test_seed(), .kernels = prefix, .draws = 8};
    int operators = 0;
    for (int op = 0; op < LVK_OP_COUNT; ++op) {
        lvk_parity_result result;
        cr_assert_eq(lvk_parity_check(backend, op, &options, report, NULL, &result), LVK_OK, "%s",
                     lvk_error_message());
        operators += result.candidates > 0 && result.runs > 0;
    }
    return operators;
}

int test_kernels(const char *prefix) {
    lvk_backend *backend = test_open_device();
    const int operators = test_kernels_on(backend, prefix);
    test_close_device(backend);
    return operators;
}
