#include "leukvk/selftest.h"

#include "core/memory.h"
#include "core/resource.h"
#include "core/string_map.h"
#include "core/text.h"
#include "ops/op.h"
#include "runtime/device.h"
#include "selftest/parity.h"

#include <stdio.h>

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
    const lvk_parity_options options = {
        .seed = seed, .draws = 2, .skip_large = true, .twice = true, .quick = true};
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

typedef struct judge {
    listener listener;
    char failure[1024]; /* the first of the operator */
} judge;

static void keep(void *user, const char *failure) {
    judge *j = user;
    report(&j->listener, failure);
    if (!*j->failure)
        snprintf(j->failure, sizeof j->failure, "%s", failure);
}

/* Adds the operator's wrong kernels to `wrong`. */
static lvk_status note_wrong(lvk_backend *backend, int op, const lvk_parity_result *parity,
                             const char *failure, lvk_string_map *wrong) {
    for (int i = 0; i < 64; ++i) {
        if (!(parity->wrong >> i & 1))
            continue;
        char *name = lvk_format("%s/%s", lvk_op_get(op)->name, lvk_op_candidate(op, &backend->caps, i)->name);
        const lvk_status status = name ? lvk_string_map_set(wrong, name, failure) : LVK_ERROR_MEMORY;
        lvk_free(name);
        LVK_TRY(status);
    }
    return LVK_OK;
}

static lvk_status judge_operator(lvk_backend *backend, int op, judge *j, lvk_string_map *wrong,
                                 lvk_selftest_verdict *verdict) {
    const lvk_parity_options options = {
        .seed = 1, .draws = 2, .skip_large = true, .brief = true, .twice = true, .quick = true};
    lvk_parity_result parity;
    j->failure[0] = '\0';
    j->listener.event =
        (lvk_selftest_event){.op = lvk_op_get(op)->name, .index = op + 1, .count = LVK_OP_COUNT};
    LVK_TRY(lvk_parity_check(backend, op, &options, keep, j, &parity));
    j->listener.event.candidates = parity.candidates;
    j->listener.event.runs = parity.runs;
    j->listener.event.failures = parity.failures;
    if (j->listener.callback)
        j->listener.callback(j->listener.user, &j->listener.event);
    ++verdict->operators;
    verdict->kernels += parity.candidates;
    verdict->runs += parity.runs;
    return note_wrong(backend, op, &parity, j->failure, wrong);
}

lvk_status lvk_selftest_once(lvk_device *device, lvk_selftest_callback callback, void *user,
                             lvk_selftest_verdict *verdict) {
    lvk_backend *backend = lvk_device_backend(device);
    const double started = lvk_clock_seconds();
    judge j = {.listener = {.callback = callback, .user = user}};
    lvk_string_map wrong = {0};
    lvk_status status = LVK_OK;
    const uint64_t peak = backend->bytes_peak; /* the self-test does not count in what a training has taken */
    *verdict = (lvk_selftest_verdict){.known = true};
    if (lvk_device_is_judged(device) || !lvk_op_candidate(LVK_OP_conv2d, &backend->caps, 0))
        return LVK_OK;
    verdict->known = false;
    for (int op = 0; op < LVK_OP_COUNT && status == LVK_OK; ++op)
        status = judge_operator(backend, op, &j, &wrong, verdict);
    verdict->set_aside = (int)wrong.count;
    verdict->seconds = lvk_clock_seconds() - started;
    backend->bytes_peak = peak;
    if (status == LVK_OK)
        status = lvk_device_judge(device, &wrong);
    lvk_string_map_finish(&wrong);
    return status;
}
