/* Buffers in host memory, for backends that compute on the processor: the four buffer functions of the
 * interface (backend/backend.h). A backend uses either all four or none. */
#ifndef LVK_BACKEND_HOST_BUFFER_H
#define LVK_BACKEND_HOST_BUFFER_H

#include "backend/backend.h"

enum { LVK_HOST_ALIGNMENT = 64 }; /* bytes: a cache line, and the widest vector */

struct lvk_buffer {
    uint64_t size;
    unsigned char *data; /* [size], aligned to LVK_HOST_ALIGNMENT */
    void *memory;        /* the allocation in which `data` lies; owned */
    uint64_t
        version; /* from 1; each lvk_host_buffer_write, and each program that writes the buffer, adds 1 */
};

LVK_MUST_USE lvk_status lvk_host_buffer_create(lvk_backend *backend, uint64_t size, lvk_buffer **buffer);
void lvk_host_buffer_destroy(lvk_backend *backend, lvk_buffer *buffer);
LVK_MUST_USE lvk_status lvk_host_buffer_write(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset,
                                              const void *data, uint64_t size);
LVK_MUST_USE lvk_status lvk_host_buffer_read(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset,
                                             void *data, uint64_t size);

#endif
