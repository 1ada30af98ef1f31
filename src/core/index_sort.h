/* Sorting of indices by what they stand for. */
#ifndef LVK_CORE_INDEX_SORT_H
#define LVK_CORE_INDEX_SORT_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/* Compares the items of two indices as strcmp does. */
typedef int (*lvk_index_compare)(const void *context, uint32_t a, uint32_t b);

/* Sorts `count` indices. Indices of equal items keep their order. LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_index_sort(uint32_t *indices, size_t count, lvk_index_compare compare,
                                       const void *context);

#endif
