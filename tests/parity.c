/* Every kernel candidate of every operator against the reference (src/selftest/parity.h): one test an
 * operator. */
#include "selftest/parity.h"

#include "ops/op.h"
#include "support/device.h"
#include "support/seed.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void report(void *user, const char *failure) {
    (void)user;
    cr_expect(false, "%s (run again with LEUKVK_SEED)", failure);
}

static void check(int op) {
    lvk_backend *backend = test_open_device();
    const lvk_parity_options options = {.seed = test_seed(), .draws = 8};
    lvk_parity_result result;
    const lvk_status status = lvk_parity_check(backend, op, &options, report, NULL, &result);
    cr_assert_eq(status, LVK_OK, "%s", lvk_error_message());
    /* an operator with kernels of which none runs on this device is not covered */
    int candidates = 0;
    while (lvk_op_candidate(op, &backend->caps, candidates))
        ++candidates;
    cr_assert(lvk_op_get(op)->candidate_count == 0 || (result.candidates > 0 && result.runs > 0),
              "%s: no kernel was compared on %s", lvk_op_get(op)->name, backend->info.name);
    fprintf(stderr, "%s: %d of %d candidates, %d runs on %s\n", lvk_op_get(op)->name, result.candidates,
            candidates, result.runs, backend->info.name);
    test_close_device(backend);
}

#define LVK_OP(name)                                                                                         \
    Test(parity, name) {                                                                                     \
        check(LVK_OP_##name);                                                                                \
    }
#include "ops/op_list.h"
#undef LVK_OP
