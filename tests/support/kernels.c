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

static int check(lvk_backend *backend, const char *prefix, bool skip_large) {
    const lvk_parity_options options = {
        .seed = test_seed(), .kernels = prefix, .draws = 8, .skip_large = skip_large};
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
    const int operators = check(backend, prefix, false);
    test_close_device(backend);
    return operators;
}

int test_kernels_on_small_cases(lvk_backend *backend, const char *prefix) {
    return check(backend, prefix, true);
}
