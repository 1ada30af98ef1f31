#include "vulkan/device.h"

#include "core/memory.h"

#include <inttypes.h>
#include <string.h>

enum { STAGING_SIZE = 16 << 20 };

static lvk_status begin_transfer(lvk_vulkan *vulkan) {
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                            .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    LVK_TRY(VK_STATUS(vkBeginCommandBuffer(vulkan->transfer, &begin)));
    lvk_queue_barrier(vulkan->transfer, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                      VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
                      VK_PIPELINE_STAGE_TRANSFER_BIT,
                      VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT);
    return LVK_OK;
}

static lvk_status end_transfer(lvk_vulkan *vulkan) {
    lvk_queue_barrier(vulkan->transfer, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
                      VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    LVK_TRY(VK_STATUS(vkEndCommandBuffer(vulkan->transfer)));
    return lvk_queue_run(vulkan, &vulkan->transfer, 1);
}

static lvk_status copy(lvk_vulkan *vulkan, VkBuffer from, uint64_t from_offset, VkBuffer to,
                       uint64_t to_offset, uint64_t size) {
    LVK_TRY(begin_transfer(vulkan));
    const VkBufferCopy region = {.srcOffset = from_offset, .dstOffset = to_offset, .size = size};
    vkCmdCopyBuffer(vulkan->transfer, from, to, 1, &region);
    return end_transfer(vulkan);
}

static lvk_status clear(lvk_vulkan *vulkan, const lvk_allocation *place, uint64_t size) {
    if (place->mapped) {
        memset(place->mapped, 0, (size_t)size);
        return LVK_OK;
    }
    LVK_TRY(begin_transfer(vulkan));
    vkCmdFillBuffer(vulkan->transfer, place->buffer, 0, size, 0);
    return end_transfer(vulkan);
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
    const uint64_t rounded = (size + 15) / 16 * 16; /* kernels read whole vectors */
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
    lvk_allocation_destroy((lvk_vulkan *)backend, &buffer->place);
    lvk_free(buffer);
}

static lvk_status check_range(const lvk_buffer *buffer, uint64_t offset, uint64_t size) {
    if (offset <= buffer->size && size <= buffer->size - offset)
        return LVK_OK;
    return lvk_fail(LVK_ERROR_ARGUMENT,
                    "bytes %" PRIu64 " to %" PRIu64 " are not inside a buffer of %" PRIu64, offset,
                    offset + size, buffer->size);
}

static lvk_status need_staging(lvk_vulkan *vulkan) {
    return vulkan->staging.buffer ? LVK_OK
                                  : lvk_allocation_create(vulkan, STAGING_SIZE, true, &vulkan->staging);
}

static uint64_t piece(uint64_t left) {
    return left < STAGING_SIZE ? left : STAGING_SIZE;
}

lvk_status lvk_vulkan_buffer_write(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset,
                                   const void *data, uint64_t size) {
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    LVK_TRY(check_range(buffer, offset, size));
    if (buffer->place.mapped) {
        memcpy((char *)buffer->place.mapped + offset, data, (size_t)size);
        return LVK_OK;
    }
    LVK_TRY(need_staging(vulkan));
    for (uint64_t done = 0, now; done < size; done += now) {
        now = piece(size - done);
        memcpy(vulkan->staging.mapped, (const char *)data + done, (size_t)now);
        LVK_TRY(copy(vulkan, vulkan->staging.buffer, 0, buffer->place.buffer, offset + done, now));
    }
    return LVK_OK;
}

lvk_status lvk_vulkan_buffer_read(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset, void *data,
                                  uint64_t size) {
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    LVK_TRY(check_range(buffer, offset, size));
    if (buffer->place.mapped) {
        memcpy(data, (const char *)buffer->place.mapped + offset, (size_t)size);
        return LVK_OK;
    }
    LVK_TRY(need_staging(vulkan));
    for (uint64_t done = 0, now; done < size; done += now) {
        now = piece(size - done);
        LVK_TRY(copy(vulkan, buffer->place.buffer, offset + done, vulkan->staging.buffer, 0, now));
        memcpy((char *)data + done, vulkan->staging.mapped, (size_t)now);
    }
    return LVK_OK;
}
