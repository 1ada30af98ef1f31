#include "vulkan/device.h"

#include "core/memory.h"

#include <inttypes.h>
#include <string.h>

static lvk_status clear(lvk_vulkan *vulkan, const lvk_allocation *place, uint64_t size) {
    if (place->mapped) {
        memset(place->mapped, 0, (size_t)size);
        return LVK_OK;
    }
    return lvk_transfer_clear(vulkan, place->buffer, size);
}

lvk_status lvk_vulkan_buffer_create(lvk_backend *backend, uint64_t size, lvk_buffer **buffer) {
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    *buffer = NULL;
    if (size == 0 || size > UINT64_MAX / 2)
        return lvk_fail(LVK_ERROR_ARGUMENT, "a buffer of %" PRIu64 " bytes was asked for", size);
    lvk_buffer *created = lvk_alloc(1, sizeof *created);
    if (!created)
        return LVK_ERROR_MEMORY;
    created->size = size;
    const uint64_t rounded = (size + 15) / 16 * 16; /* kernels read whole vectors of 16 bytes */
    lvk_status status = lvk_allocation_create(vulkan, rounded, false, &created->place);
    if (status == LVK_OK)
        status = clear(vulkan, &created->place, rounded);
    if (status != LVK_OK) {
        lvk_vulkan_buffer_destroy(backend, created);
        return status;
    }
    *buffer = created;
    return LVK_OK;
}

void lvk_vulkan_buffer_destroy(lvk_backend *backend, lvk_buffer *buffer) {
    if (!buffer)
        return;
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    lvk_transfer_forget(vulkan, buffer->place.buffer);
    lvk_allocation_destroy(vulkan, &buffer->place);
    lvk_free(buffer);
}

static lvk_status check_range(const lvk_buffer *buffer, uint64_t offset, uint64_t size) {
    if (offset <= buffer->size && size <= buffer->size - offset)
        return LVK_OK;
    return lvk_fail(LVK_ERROR_ARGUMENT,
                    "bytes %" PRIu64 " to %" PRIu64 " are not inside a buffer of %" PRIu64, offset,
                    offset + size, buffer->size);
}

lvk_status lvk_vulkan_buffer_write(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset,
                                   const void *data, uint64_t size) {
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    LVK_TRY(check_range(buffer, offset, size));
    if (buffer->place.mapped) {
        memcpy((char *)buffer->place.mapped + offset, data, (size_t)size);
        return LVK_OK;
    }
    return lvk_transfer_upload(vulkan, buffer->place.buffer, offset, data, size);
}

lvk_status lvk_vulkan_buffer_read(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, void *data,
                                  uint64_t size) {
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    LVK_TRY(check_range(buffer, offset, size));
    if (buffer->place.mapped) {
        memcpy(data, (const char *)buffer->place.mapped + offset, (size_t)size);
        return LVK_OK;
    }
    return lvk_transfer_download(vulkan, buffer->place.buffer, offset, data, size);
}
