/* How batches are dealt to ranks. */
#include "train/data_parallel.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { IMAGES = 23, BATCH = 3 };

static size_t deal(uint32_t number, uint32_t count, size_t first, uint32_t cycle, uint32_t images[IMAGES]) {
    const lvk_ranks ranks = {.rank = number, .size = count};
    for (uint32_t i = 0; i < IMAGES; ++i)
        images[i] = 100 + i;
    return lvk_data_parallel_assign(&ranks, images, first, IMAGES, BATCH, cycle);
}

static void expect(uint32_t number, uint32_t count, size_t first, uint32_t cycle, const char *wanted) {
    uint32_t images[IMAGES];
    char text[4 * IMAGES] = "";
    const size_t kept = deal(number, count, first, cycle, images);
    for (size_t i = 0; i < kept; ++i)
        sprintf(text + strlen(text), "%s%u", i ? " " : "", images[i] - 100);
    cr_expect_str_eq(text, wanted, "rank %u of %u, from %zu, steps of %u batches: %s", number, count, first,
                     cycle, text);
}

/* Steps of three batches: batches 0 1 2, 3 4 5, and 6 7 of which the last is in part. */
Test(data_parallel, each_step_begins_with_the_first_rank) {
    expect(0, 2, 0, 3, "0 1 2 6 7 8 9 10 11 15 16 17 18 19 20");
    expect(1, 2, 0, 3, "3 4 5 12 13 14 21 22");
    expect(0, 3, 0, 3, "0 1 2 9 10 11 18 19 20");
    expect(2, 3, 0, 3, "6 7 8 15 16 17");
}

Test(data_parallel, a_resumed_epoch_is_assigned_like_a_whole_one) {
    expect(0, 2, 9, 3, "9 10 11 15 16 17 18 19 20");
    expect(1, 2, 9, 3, "12 13 14 21 22");
    expect(2, 3, 18, 3, "");
}

Test(data_parallel, one_rank_has_all) {
    uint32_t images[IMAGES];
    cr_expect_eq(deal(0, 1, 6, 4, images), (size_t)IMAGES - 6);
    cr_expect_eq(images[0], 106);
    cr_expect_eq(images[IMAGES - 7], 100 + IMAGES - 1);
}
