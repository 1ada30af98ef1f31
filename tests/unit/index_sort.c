/* Sorting of indices, against the order that a comparison of all pairs tells. */
#include "core/index_sort.h"
#include "core/memory.h"

#include <criterion/criterion.h>

enum { MOST = 300 };

static int by_key(const void *context, uint32_t a, uint32_t b) {
    const uint8_t *keys = context;
    return (keys[a] > keys[b]) - (keys[a] < keys[b]);
}

Test(index_sort, equal_items_keep_their_order_at_every_length) {
    uint8_t keys[MOST];
    for (uint32_t i = 0; i < MOST; ++i)
        keys[i] = (uint8_t)(i * 2654435761U >> 27); /* 32 values, so that many are equal */
    for (uint32_t count = 0; count <= MOST; ++count) {
        uint32_t indices[MOST], places[MOST] = {0};
        for (uint32_t i = 0; i < count; ++i)
            indices[i] = i;
        cr_assert_eq(lvk_index_sort(indices, count, by_key, keys), LVK_OK);
        for (uint32_t i = 0; i < count; ++i)
            for (uint32_t j = 0; j < count; ++j)
                places[i] += keys[j] < keys[i] || (keys[j] == keys[i] && j < i);
        for (uint32_t i = 0; i < count; ++i)
            cr_assert_eq(indices[places[i]], i, "%d items: item %d", (int)count, (int)i);
    }
}

Test(index_sort, a_lack_of_memory_is_told) {
    uint32_t indices[] = {1, 0};
    const uint8_t keys[] = {5, 4};
    (void)lvk_alloc_fail_after(1);
    cr_expect_eq(lvk_index_sort(indices, 2, by_key, keys), LVK_ERROR_MEMORY);
    (void)lvk_alloc_fail_after(0);
}
