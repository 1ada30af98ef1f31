#include "leukvk/selftest.h"

#include "core/resource.h"
#include "ops/op.h"
#include "runtime/device.h"
#include "selftest/parity.h"

typedef struct listener {
    lvk_selftest_callback callback;
    void *user;
    lvk_selftest_event event;
} listener;

static void report(void *user, const char *failure) {
    listener *l = user;
    l->event.failure = failure;
    if (l->callback)
        l->callback(l->user, &l->event);
    l->event.failure = NULL;
}

lvk_status lvk_selftest(lvk_device *device, uint64_t seed, lvk_selftest_callback callback, void *user,
                        lvk_selftest_result *result) {
    const lvk_parity_options options = {.seed = seed, .draws = 2, .skip_large = true, .quick = true};
    lvk_backend *backend = lvk_device_backend(device);
    const double started = lvk_clock_seconds();
    listener l = {.callback = callback, .user = user};
    *result = (lvk_selftest_result){0};
    if (!lvk_op_candidate(LVK_OP_conv2d, &backend->caps, 0))
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "the reference is what the other devices are compared with: choose another one");
    for (int op = 0; op < LVK_OP_COUNT; ++op) {
        lvk_parity_result parity;
        l.event = (lvk_selftest_event){.op = lvk_op_get(op)->name, .index = op + 1, .count = LVK_OP_COUNT};
        LVK_TRY(lvk_parity_check(backend, op, &options, report, &l, &parity));
        l.event.candidates = parity.candidates;
        l.event.runs = parity.runs;
        l.event.failures = parity.failures;
        if (callback)
            callback(user, &l.event);
        ++result->operators;
        result->candidates += parity.candidates;
        result->runs += parity.runs;
        result->failures += parity.failures;
    }
    result->seconds = lvk_clock_seconds() - started;
    return LVK_OK;
}
