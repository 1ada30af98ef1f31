#include "core/index_sort.h"

#include "core/memory.h"

#include <string.h>

/* Merges the sorted runs from[0 .. middle) and from[middle .. end) into `to`. */
static void merge(const uint32_t *from, size_t middle, size_t end, lvk_index_compare compare,
                  const void *context, uint32_t *to) {
    for (size_t a = 0, b = middle; a < middle || b < end;)
        *to++ = b == end || (a < middle && compare(context, from[a], from[b]) <= 0) ? from[a++] : from[b++];
}

lvk_status lvk_index_sort(uint32_t *indices, size_t count, lvk_index_compare compare, const void *context) {
    uint32_t *spare = lvk_alloc(count, sizeof *spare), *from = indices, *to = spare;
    if (!spare)
        return LVK_ERROR_MEMORY;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t start = 0; start < count; start += 2 * run) {
            const size_t left = count - start, middle = left < run ? left : run;
            merge(from + start, middle, left < 2 * run ? left : 2 * run, compare, context, to + start);
        }
        uint32_t *const swap = from;
        from = to;
        to = swap;
    }
    if (from != indices)
        memcpy(indices, from, count * sizeof *indices);
    lvk_free(spare);
    return LVK_OK;
}
