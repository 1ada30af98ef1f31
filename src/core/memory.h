/* Host memory. All of the library's own allocations call these functions, so that a test can make the n-th
 * allocation fail. */
#ifndef LVK_CORE_MEMORY_H
#define LVK_CORE_MEMORY_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/* Allocates zeroed memory for `count` items of `size` bytes, which the caller frees with lvk_free. Returns
 * NULL, with the error line set, when memory is out or count * size overflows. For zero bytes it returns a
 * valid pointer. Thread-safe. */
void *lvk_alloc(size_t count, size_t size);

/* Resizes memory as realloc does; new bytes are not set to zero. Returns NULL on failure, and `memory` stays
 * valid. */
void *lvk_realloc(void *memory, size_t count, size_t size);

void lvk_free(void *memory); /* accepts NULL */

char *lvk_strdup(const char *text);
char *lvk_format(const char *format, ...) LVK_PRINTF(1, 2); /* printf into new memory */

/* An allocator, for functions whose caller chooses where memory comes from. Its functions behave like
 * lvk_alloc() and lvk_free(). */
typedef struct lvk_allocator {
    void *(*alloc)(void *user, size_t count, size_t size);
    void (*free)(void *user, void *memory);
    void *user;
} lvk_allocator;

extern const lvk_allocator lvk_heap; /* lvk_alloc() and lvk_free() */

/* For tests: makes the n-th allocation from now on fail (0: none). Returns the number of allocations since
 * the last call. */
uint64_t lvk_alloc_fail_after(uint64_t n);

/* For tests: the number of allocations that are not yet freed. */
uint64_t lvk_alloc_live(void);

/* Makes room for one more item in a growing array of `count` items, by doubling `capacity` when the array is
 * full. `items` is the address of the array's pointer. Example: LVK_TRY(LVK_GROW(&array, &capacity,
 * count)). */
lvk_status lvk_grow(void *items, size_t *capacity, size_t count, size_t item_size);
#define LVK_GROW(items, capacity, count) lvk_grow((items), (capacity), (count), sizeof **(items))

/* Memory that is released all at once, for objects that are freed together, such as a graph's nodes.
 * Initialized with {0}. Not thread-safe. */
typedef struct lvk_arena {
    struct lvk_arena_chunk *chunk;
} lvk_arena;

void *lvk_arena_alloc(lvk_arena *arena, size_t count, size_t size); /* zeroed; NULL on failure */
char *lvk_arena_strdup(lvk_arena *arena, const char *text);
char *lvk_arena_format(lvk_arena *arena, const char *format, ...) LVK_PRINTF(2, 3);
void lvk_arena_finish(lvk_arena *arena);

#endif
