#include "core/memory.h"

#include "core/memory_use.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_uint_fast64_t allocations;
static atomic_uint_fast64_t live;
static atomic_uint_fast64_t failing; /* counts down to the allocation that fails; 0: none */

uint64_t lvk_alloc_fail_after(uint64_t n) {
    atomic_store(&failing, n);
    return atomic_exchange(&allocations, 0);
}

uint64_t lvk_alloc_live(void) {
    return atomic_load(&live);
}

static lvk_alloc_watcher watcher; /* NULL outside of tests */

void lvk_alloc_watch(lvk_alloc_watcher new_watcher) {
    watcher = new_watcher;
}

static void tell_watcher(void *memory, bool given) {
    if (watcher && memory)
        watcher(memory, given);
}

static int must_fail(void) {
    atomic_fetch_add(&allocations, 1);
    uint_fast64_t left = atomic_load(&failing);
    while (left != 0 && !atomic_compare_exchange_weak(&failing, &left, left - 1)) {
    }
    return left == 1;
}

static void *out_of_memory(size_t count, size_t size) {
    (void)lvk_fail(LVK_ERROR_MEMORY, "out of memory: %zu × %zu bytes", count, size);
    return NULL;
}

void *lvk_alloc(size_t count, size_t size) {
    void *memory = must_fail() ? NULL : calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        return out_of_memory(count, size);
    atomic_fetch_add(&live, 1);
    tell_watcher(memory, true);
    return memory;
}

void *lvk_realloc(void *memory, size_t count, size_t size) {
    const size_t bytes = size && count > SIZE_MAX / size ? 0 : count * size;
    tell_watcher(memory, false);
    void *grown = bytes == 0 || must_fail() ? NULL : realloc(memory, bytes);
    tell_watcher(grown ? grown : memory, true);
    if (!grown)
        return out_of_memory(count, size);
    atomic_fetch_add(&live, memory ? 0 : 1);
    return grown;
}

void lvk_free(void *memory) {
    atomic_fetch_sub(&live, memory ? 1 : 0);
    tell_watcher(memory, false);
    free(memory);
}

static void *heap_alloc(void *user, size_t count, size_t size) {
    (void)user;
    return lvk_alloc(count, size);
}

static void heap_free(void *user, void *memory) {
    (void)user;
    lvk_free(memory);
}

const lvk_allocator lvk_heap = {.alloc = heap_alloc, .free = heap_free};

char *lvk_strdup(const char *text) {
    const size_t size = strlen(text) + 1;
    char *copy = lvk_alloc(size, 1);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

static char *format_into(char *(*allocate)(void *, size_t), void *context, const char *format,
                         va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : allocate(context, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

static char *heap_allocate(void *context, size_t size) {
    (void)context;
    return lvk_alloc(size, 1);
}

static void *take(lvk_arena *arena, size_t bytes, size_t alignment);

/* Texts lie side by side. */
static char *arena_allocate(void *context, size_t size) {
    return take(context, size, 1);
}

char *lvk_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_into(heap_allocate, NULL, format, arguments);
    va_end(arguments);
    return text;
}

lvk_status lvk_grow(void *items, size_t *capacity, size_t count, size_t item_size) {
    if (count < *capacity)
        return LVK_OK;
    const size_t wanted = *capacity ? *capacity * 2 : 16;
    void *memory;
    memcpy(&memory, items, sizeof memory); /* C does not allow a T * to be read as a void * by a cast */
    memory = lvk_realloc(memory, wanted, item_size);
    if (!memory)
        return LVK_ERROR_MEMORY;
    memcpy(items, &memory, sizeof memory);
    *capacity = wanted;
    return LVK_OK;
}

struct lvk_arena_chunk {
    struct lvk_arena_chunk *next;
    size_t used, size;
    max_align_t data[];
};

/* Memory for `bytes` bytes at a multiple of `alignment`. */
static void *take(lvk_arena *arena, size_t bytes, size_t alignment) {
    struct lvk_arena_chunk *chunk = arena->chunk;
    size_t start = chunk ? (chunk->used + alignment - 1) / alignment * alignment : 0;
    if (!chunk || start > chunk->size || chunk->size - start < bytes) {
        const size_t room = bytes > 16384 ? bytes : 16384;
        chunk = lvk_alloc(1, sizeof *chunk + room);
        if (!chunk)
            return NULL;
        chunk->size = room;
        chunk->next = arena->chunk;
        arena->chunk = chunk;
        start = 0;
    }
    chunk->used = start + bytes;
    return (char *)chunk->data + start;
}

void *lvk_arena_alloc(lvk_arena *arena, size_t count, size_t size) {
    const size_t alignment = sizeof(max_align_t);
    if (size && count > (SIZE_MAX - alignment) / size)
        return out_of_memory(count, size);
    return take(arena, (count * size + alignment - 1) / alignment * alignment, alignment);
}

char *lvk_arena_strdup(lvk_arena *arena, const char *text) {
    return lvk_arena_format(arena, "%s", text);
}

char *lvk_arena_format(lvk_arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_into(arena_allocate, arena, format, arguments);
    va_end(arguments);
    return text;
}

void lvk_arena_finish(lvk_arena *arena) {
    while (arena->chunk) {
        struct lvk_arena_chunk *next = arena->chunk->next;
        lvk_free(arena->chunk);
        arena->chunk = next;
    }
}
