#define _DEFAULT_SOURCE /* madvise */
#include "backend/host_buffer.h"

#include <string.h>
#include <sys/mman.h>

/* Asks the system for pages of 2 MiB. A large block then has few pages, and the processor spends less time on
 * looking up where pages lie. */
static void ask_for_large_pages(void *memory, uint64_t size) {
    const uint64_t page = 2 << 20, before = (page - (uintptr_t)memory % page) % page;
    if (before + page <= size)
        (void)madvise((unsigned char *)memory + before, (size - before) / page * page, MADV_HUGEPAGE);
}

lvk_status lvk_host_buffer_create(lvk_backend *backend, uint64_t size, lvk_buffer **buffer) {
    *buffer = lvk_alloc(1, sizeof **buffer);
    if (!*buffer)
        return LVK_ERROR_MEMORY;
    lvk_buffer *b = *buffer;
    *b = (lvk_buffer){.size = size, .memory = lvk_alloc(size + LVK_HOST_ALIGNMENT, 1), .version = 1};
    if (!b->memory) {
        lvk_free(b);
        *buffer = NULL;
        return LVK_ERROR_MEMORY;
    }
    ask_for_large_pages(b->memory, size + LVK_HOST_ALIGNMENT);
    b->data = (unsigned char *)b->memory +
              (LVK_HOST_ALIGNMENT - (uintptr_t)b->memory % LVK_HOST_ALIGNMENT) % LVK_HOST_ALIGNMENT;
    backend->bytes_allocated += size;
    if (backend->bytes_peak < backend->bytes_allocated)
        backend->bytes_peak = backend->bytes_allocated;
    return LVK_OK;
}

void lvk_host_buffer_destroy(lvk_backend *backend, lvk_buffer *buffer) {
    backend->bytes_allocated -= buffer->size;
    lvk_free(buffer->memory);
    lvk_free(buffer);
}

static lvk_status check_range(const lvk_buffer *buffer, uint64_t offset, uint64_t size) {
    if (offset > buffer->size || size > buffer->size - offset)
        return lvk_fail(LVK_ERROR_ARGUMENT, "a copy reaches past the end of a buffer");
    return LVK_OK;
}

lvk_status lvk_host_buffer_write(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, const void *data,
                                 uint64_t size) {
    (void)backend;
    LVK_TRY(check_range(buffer, offset, size));
    memcpy(buffer->data + offset, data, size);
    ++buffer->version;
    return LVK_OK;
}

lvk_status lvk_host_buffer_read(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, void *data,
                                uint64_t size) {
    (void)backend;
    LVK_TRY(check_range(buffer, offset, size));
    memcpy(data, buffer->data + offset, size);
    return LVK_OK;
}
