/* Operators on the processor's backend, compared with the reference within parity's bounds: the operator, the shapes, the
 * attributes and the numbers are drawn from the input.
 * Covers: src/cpu src/ops src/reference */
#include "support.h"

#include "cpu/cpu.h"
#include "selftest/parity_run.h"

#include <stdalign.h>
#include <stdlib.h>

static lvk_backend *one_thread,
    *two_threads; /* the latter takes far more time, since they wait for each other */

static void forget(void) {
    one_thread->functions->destroy(one_thread);
    two_threads->functions->destroy(two_threads);
}

void fuzz_begin(void) {
    const lvk_cpu_options one = {.threads = 1}, two = {.threads = 2};
    REQUIRE(fuzz_ok(lvk_cpu_create(&one, &one_thread)) && fuzz_ok(lvk_cpu_create(&two, &two_threads)));
    REQUIRE(atexit(forget) == 0);
}

static void compare(lvk_parity_run *run) {
    const lvk_candidate *candidate;
    for (int i = 0; (candidate = lvk_op_candidate(run->op, &run->backend->caps, i)) != NULL; ++i) {
        if (candidate->unsupported && candidate->unsupported(&run->call, &run->backend->caps))
            continue;
        for (int variant = LVK_VARIANT_PLAIN; variant <= LVK_VARIANT_IN_PLACE; variant += 2) {
            if (variant == LVK_VARIANT_IN_PLACE && !lvk_op_get(run->op)->in_place)
                continue;
            run->candidate = candidate;
            run->variant = (lvk_variant)variant;
            REQUIRE(fuzz_ok(lvk_parity_run_compare(run)));
            if (run->failure[0])
                fuzz_stop(candidate->name, i, run->failure);
        }
    }
}

void fuzz_one(const uint8_t *data, size_t size) {
    static const lvk_pattern patterns[] = {
        {"uniform", 1, false, false}, {"whole", 1, false, true}, {"large", 1e4, false, false}};
    fuzz_input input = {data, size};
    alignas(64) unsigned char attributes[64] = {0};
    uint32_t words[16];
    const int op = (int)fuzz_below(&input, LVK_OP_COUNT);
    const lvk_case_table *table = lvk_case_table_get(op);
    const lvk_pattern *pattern = &patterns[fuzz_below(&input, 3)];
    const uint64_t seed = fuzz_below(&input, 256);
    for (int i = 0; i < 16; ++i)
        words[i] = fuzz_below(&input, 65536) << 16 | fuzz_below(&input, 65536);
    if (!table->draw)
        return;
    lvk_case drawn = {.name = "drawn"};
    table->draw(words, attributes, &drawn);
    lvk_parity_run run = {.backend = seed % 8 == 7 ? two_threads : one_thread,
                          .op = op,
                          .c = &drawn,
                          .pattern = pattern,
                          .seed = seed,
                          .suite_seed = seed};
    if (fuzz_ok(lvk_case_call(op, &drawn, &run.call))) {
        REQUIRE(fuzz_ok(lvk_parity_run_prepare(&run)));
        compare(&run);
        lvk_parity_run_finish(&run);
    }
}
