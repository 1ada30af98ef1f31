/* Networks that a device has no room for: refused by plan, with the largest batch that fits. */
#include "runtime/memory_check.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const lvk_network_config config = {
    .model = {.architecture = "cnn", .dropout = 0.25}, .batch = 64, .training = true};

static lvk_status check(uint64_t memory, uint64_t max_allocation, uint32_t batch) {
    const lvk_backend backend = {.info = {.name = "card"},
                                 .caps = {.memory = memory, .max_allocation = max_allocation}};
    lvk_network_config tried = config;
    lvk_memory_need need;
    tried.batch = batch;
    return lvk_memory_check(&backend, LVK_RECOMPUTE_OFF, &tried, &need);
}

static lvk_footprint footprint_of(uint32_t batch) {
    lvk_network_config tried = config;
    lvk_footprint footprint;
    tried.batch = batch;
    cr_assert_eq(lvk_network_estimate(&(lvk_caps){0}, &tried, &footprint), LVK_OK, "%s", lvk_error_message());
    return footprint;
}

/* The batch that the line of a refusal names. */
static uint32_t named_batch(const char *says) {
    const char *line = lvk_error_message(), *named = strstr(line, "the largest that fits is --batch ");
    cr_expect(strstr(line, "--batch 64 needs ") == line && strstr(line, says), "%s", line);
    return named ? (uint32_t)strtoul(strrchr(named, ' '), NULL, 10) : 0;
}

/* Is it the largest that passes? */
static void expect_largest(uint64_t memory, uint64_t max_allocation, uint32_t largest, const char *says) {
    const lvk_status status = check(memory, max_allocation, 64);
    cr_expect(status == LVK_ERROR_MEMORY && named_batch(says) == largest, "%s", lvk_error_message());
    cr_expect(check(memory, max_allocation, largest) == LVK_OK &&
              check(memory, max_allocation, largest + 1) == LVK_ERROR_MEMORY);
}

Test(memory_check, the_largest_batch_that_fits_is_told) {
    const lvk_footprint five = footprint_of(5), one = footprint_of(1);
    cr_expect_gt(five.total, five.largest);
    expect_largest(five.total, 0, 5, "MiB of device memory, card has ");
    expect_largest(0, five.largest, 5, "MiB in one buffer, card gives ");
    expect_largest(one.total, five.largest, 1, "MiB of device memory");
    cr_expect_eq(check(one.total - 1, 0, 64), LVK_ERROR_MEMORY);
    cr_expect_not_null(strstr(lvk_error_message(), "not even --batch 1"), "%s", lvk_error_message());
    cr_expect_eq(check(one.total - 1, 0, 1), LVK_ERROR_MEMORY);
}

/* A tensor that the device cannot bind, whichever is the first: the largest batch is told there, too. */
Test(memory_check, the_largest_batch_whose_tensors_can_be_bound_is_told) {
    lvk_backend backend = {.info = {.name = "card"}};
    memset(&backend.caps, 0xff, sizeof backend.caps);
    backend.caps.runs_launches = true;
    backend.caps.is_cpu = false;
    backend.caps.own_candidate = NULL;
    backend.caps.memory = backend.caps.max_allocation = 0;
    lvk_caps_clamp_to_minimum(&backend.caps);
    lvk_network_config tried = {
        .model = {.architecture = "cnn-gap", .batch_statistics = true}, .batch = 1024, .training = true};
    lvk_memory_need need;
    cr_expect_eq(lvk_memory_check(&backend, LVK_RECOMPUTE_OFF, &tried, &need), LVK_ERROR_LIMIT);
    const char *line = lvk_error_message(), *named = strstr(line, "the largest that fits is --batch ");
    cr_assert(named && strstr(line, "--batch 1024: ") == line, "%s", line);
    const uint32_t largest = (uint32_t)strtoul(strrchr(named, ' '), NULL, 10);
    tried.batch = largest;
    cr_expect_eq(lvk_memory_check(&backend, LVK_RECOMPUTE_OFF, &tried, &need), LVK_OK, "%s",
                 lvk_error_message());
    tried.batch = largest + 1;
    cr_expect_eq(lvk_memory_check(&backend, LVK_RECOMPUTE_OFF, &tried, &need), LVK_ERROR_LIMIT);
    backend.caps.max_storage_range = 4096;
    cr_expect_eq(lvk_memory_check(&backend, LVK_RECOMPUTE_OFF, &tried, &need), LVK_ERROR_LIMIT);
    cr_expect_not_null(strstr(lvk_error_message(), "not even --batch 1 fits"), "%s", lvk_error_message());
}

Test(memory_check, unknown_limits_refuse_nothing) {
    const lvk_backend backend = {.info = {.name = "card"}};
    lvk_network_config tried = config;
    lvk_memory_need need = {0};
    cr_expect_eq(lvk_memory_check(&backend, LVK_RECOMPUTE_AUTO, &tried, &need), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect_eq(need.bytes, footprint_of(64).total);
    cr_expect(need.kept == 0 && !tried.recompute);
}

/* ---- activations computed again ---- */

static const lvk_network_config residual = {
    .model = {.architecture = "resnet50-narrow", .batch_statistics = true}, .batch = 8, .training = true};

static lvk_footprint footprint_with(bool recompute, uint32_t batch) {
    lvk_network_config tried = residual;
    lvk_footprint footprint;
    tried.recompute = recompute;
    tried.batch = batch;
    cr_assert_eq(lvk_network_estimate(&(lvk_caps){0}, &tried, &footprint), LVK_OK, "%s", lvk_error_message());
    return footprint;
}

static lvk_status check_residual(uint64_t memory, lvk_recompute recompute, lvk_network_config *tried,
                                 lvk_memory_need *need) {
    const lvk_backend backend = {.info = {.name = "card"}, .caps = {.memory = memory}};
    *tried = residual;
    return lvk_memory_check(&backend, recompute, tried, need);
}

/* Automatically where it makes the batch fit, and nowhere else. */
Test(memory_check, activations_are_recomputed_where_memory_is_short) {
    const uint64_t kept = footprint_with(false, 8).total, again = footprint_with(true, 8).total;
    lvk_network_config tried;
    lvk_memory_need need;
    cr_expect_lt(again, kept);
    cr_expect_eq(check_residual(kept, LVK_RECOMPUTE_AUTO, &tried, &need), LVK_OK);
    cr_expect(!tried.recompute && need.bytes == kept && need.kept == 0);
    cr_expect_eq(check_residual(kept - 1, LVK_RECOMPUTE_AUTO, &tried, &need), LVK_OK);
    cr_expect(tried.recompute && need.bytes == again && need.kept == kept);
    cr_expect_eq(check_residual(kept - 1, LVK_RECOMPUTE_OFF, &tried, &need), LVK_ERROR_MEMORY);
    cr_expect(!tried.recompute);
    cr_expect_eq(check_residual(kept, LVK_RECOMPUTE_ON, &tried, &need), LVK_OK);
    cr_expect(tried.recompute && need.bytes == again && need.kept == kept);
}

Test(memory_check, the_largest_batch_is_that_of_recomputing) {
    const uint64_t three = footprint_with(true, 3).total;
    lvk_network_config tried;
    lvk_memory_need need;
    cr_expect_eq(check_residual(three, LVK_RECOMPUTE_AUTO, &tried, &need), LVK_ERROR_MEMORY);
    cr_expect_not_null(strstr(lvk_error_message(), "the largest that fits is --batch 3"), "%s",
                       lvk_error_message());
}
