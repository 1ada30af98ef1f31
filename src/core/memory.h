/* Host memory. All of the library's own allocations go through here, so that a test can make the n-th one
 * fail. */
#ifndef LVK_CORE_MEMORY_H
#define LVK_CORE_MEMORY_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/* Zeroed memory for `count` items of `size` bytes, NULL with the error line set when there is none (an
 * overflow of the product included). A zero-byte request gives a valid pointer. Freed with lvk_free.
 * Thread-safe. */
void *lvk_alloc(size_t count, size_t size);

/* Resizes as realloc does; new bytes are not cleared. NULL (and `memory` still valid) on failure. */
void *lvk_realloc(void *memory, size_t count, size_t size);

void lvk_free(void *memory); /* accepts NULL */

char *lvk_strdup(const char *text);
char *lvk_format(const char *format, ...) LVK_PRINTF(1, 2); /* printf into new memory */

/* Where memory comes from, for parts that let their caller say. As lvk_alloc() and lvk_free(). */
typedef struct lvk_allocator {
    void *(*alloc)(void *user, size_t count, size_t size);
    void (*free)(void *user, void *memory);
    void *user;
} lvk_allocator;

extern const lvk_allocator lvk_heap; /* lvk_alloc() and lvk_free() */

/* Test hook: the n-th allocation from now on fails (0: none does). Returns how many were made since the last
 * call. */
uint64_t lvk_alloc_fail_after(uint64_t n);

/* For tests of what is left over: the allocations that are not yet freed. */
uint64_t lvk_alloc_live(void);

/* Makes room for one more item in a growing array. `capacity` doubles. Use: LVK_TRY(LVK_GROW(&a, &cap,
 * count)). `items` is the address of a pointer of any type. */
lvk_status lvk_grow(void *items, size_t *capacity, size_t count, size_t item_size);
#define LVK_GROW(items, capacity, count) lvk_grow((items), (capacity), (count), sizeof **(items))

/* Memory that is released all at once: for objects that live and die together, such as a graph's nodes.
 * init with {0}; not thread-safe. */
typedef struct lvk_arena {
    struct lvk_arena_chunk *chunk;
} lvk_arena;

void *lvk_arena_alloc(lvk_arena *arena, size_t count, size_t size); /* zeroed; NULL on failure */
char *lvk_arena_strdup(lvk_arena *arena, const char *text);
char *lvk_arena_format(lvk_arena *arena, const char *format, ...) LVK_PRINTF(2, 3);
void lvk_arena_finish(lvk_arena *arena);

#endif
