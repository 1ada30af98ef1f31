/* Copies between host and device for memory of the device that the host does not see.
 *
 * The caller of an upload does not wait for the device: the bytes are written into the staging buffer, and a
 * copy from there is recorded, which is submitted before the next work. Bytes that lie in host memory of this
 * backend are copied without the staging buffer. */
#include "vulkan/device.h"

#include "core/memory.h"

#include <string.h>

enum { STAGING_SIZE = 16 << 20, STAGING_ALIGNMENT = 16 };

/* A block of host memory that the device sees. */
struct lvk_host_block {
    lvk_allocation place;
    uint64_t size;
    struct lvk_host_block *next;
};

/* Begins recording, with a barrier, so that earlier work on the queue has written what the copies read or
 * overwrite. */
static lvk_status begin(VkCommandBuffer commands) {
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                            .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    LVK_TRY(VK_STATUS(vkBeginCommandBuffer(commands, &begin)));
    lvk_queue_barrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                      VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
                      VK_PIPELINE_STAGE_TRANSFER_BIT,
                      VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT);
    return LVK_OK;
}

/* ---- copies that are waited for ---- */

static lvk_status run(lvk_vulkan *vulkan) {
    VkCommandBuffer commands = vulkan->transfers.commands;
    lvk_queue_barrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
                      VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    LVK_TRY(VK_STATUS(vkEndCommandBuffer(commands)));
    return lvk_queue_run(vulkan, &commands, 1);
}

lvk_status lvk_transfer_clear(lvk_vulkan *vulkan, VkBuffer buffer, uint64_t size) {
    LVK_TRY(begin(vulkan->transfers.commands));
    vkCmdFillBuffer(vulkan->transfers.commands, buffer, 0, size, 0);
    return run(vulkan);
}

static lvk_status need_staging(lvk_vulkan *vulkan) {
    lvk_allocation *staging = &vulkan->transfers.staging;
    return staging->buffer ? LVK_OK : lvk_allocation_create(vulkan, STAGING_SIZE, true, staging);
}

static uint64_t piece(uint64_t left, uint64_t room) {
    return left < room ? left : room;
}

lvk_status lvk_transfer_download(lvk_vulkan *vulkan, VkBuffer buffer, uint64_t offset, void *data,
                                 uint64_t size) {
    const lvk_transfers *t = &vulkan->transfers;
    LVK_TRY(need_staging(vulkan));
    if (t->staged) /* the staging buffer still holds bytes of recorded uploads */
        LVK_TRY(lvk_queue_run(vulkan, NULL, 0));
    for (uint64_t done = 0, now; done < size; done += now) {
        now = piece(size - done, STAGING_SIZE);
        const VkBufferCopy region = {.srcOffset = offset + done, .size = now};
        LVK_TRY(begin(t->commands));
        vkCmdCopyBuffer(t->commands, buffer, t->staging.buffer, 1, &region);
        LVK_TRY(run(vulkan));
        memcpy((char *)data + done, t->staging.mapped, (size_t)now);
    }
    return LVK_OK;
}

/* ---- uploads ---- */

static bool overlaps(const lvk_upload *upload, VkBuffer buffer, uint64_t offset, uint64_t size) {
    return upload->buffer == buffer && upload->offset < offset + size &&
           offset < upload->offset + upload->size;
}

/* Records a copy, which is part of the next submission. The copies of one submission have no order. If a
 * recorded copy writes to some of the same bytes, or if the list of copies is full, the recorded copies are
 * therefore submitted and waited for first. */
static lvk_status record(lvk_vulkan *vulkan, VkBuffer from, uint64_t from_offset, VkBuffer to,
                         uint64_t to_offset, uint64_t size) {
    lvk_transfers *t = &vulkan->transfers;
    bool before = t->count == LVK_MOST_UPLOADS;
    for (int i = 0; i < t->count; ++i)
        before = before || overlaps(&t->uploads[i], to, to_offset, size);
    if (before)
        LVK_TRY(lvk_queue_run(vulkan, NULL, 0));
    if (t->count == 0)
        LVK_TRY(begin(t->ahead));
    const VkBufferCopy region = {.srcOffset = from_offset, .dstOffset = to_offset, .size = size};
    vkCmdCopyBuffer(t->ahead, from, to, 1, &region);
    t->uploads[t->count++] = (lvk_upload){.from = from, .buffer = to, .offset = to_offset, .size = size};
    return LVK_OK;
}

static const struct lvk_host_block *host_block_of(const lvk_vulkan *vulkan, const void *data, uint64_t size) {
    const struct lvk_host_block *block = vulkan->transfers.blocks;
    while (block && !((uintptr_t)data >= (uintptr_t)block->place.mapped &&
                      (uintptr_t)data + size <= (uintptr_t)block->place.mapped + block->size))
        block = block->next;
    return block;
}

lvk_status lvk_transfer_upload(lvk_vulkan *vulkan, VkBuffer buffer, uint64_t offset, const void *data,
                               uint64_t size) {
    lvk_transfers *t = &vulkan->transfers;
    const struct lvk_host_block *block = host_block_of(vulkan, data, size);
    if (size == 0)
        return LVK_OK;
    if (block)
        return record(vulkan, block->place.buffer,
                      (uint64_t)((const char *)data - (const char *)block->place.mapped), buffer, offset,
                      size);
    LVK_TRY(need_staging(vulkan));
    for (uint64_t done = 0, now; done < size; done += now) {
        if (t->staged == STAGING_SIZE)
            LVK_TRY(lvk_queue_run(vulkan, NULL, 0));
        now = piece(size - done, STAGING_SIZE - t->staged);
        const uint64_t at = t->staged;
        memcpy((char *)t->staging.mapped + at, (const char *)data + done, (size_t)now);
        LVK_TRY(record(vulkan, t->staging.buffer, at, buffer, offset + done, now));
        t->staged = (at + now + STAGING_ALIGNMENT - 1) / STAGING_ALIGNMENT * STAGING_ALIGNMENT;
    }
    return LVK_OK;
}

lvk_status lvk_transfer_submit(lvk_vulkan *vulkan, VkFence fence) {
    lvk_transfers *t = &vulkan->transfers;
    t->count = 0;
    const lvk_status status = VK_STATUS(vkEndCommandBuffer(t->ahead));
    return status == LVK_OK ? lvk_queue_submit(vulkan, t->ahead, fence) : status;
}

void lvk_transfer_forget(lvk_vulkan *vulkan, VkBuffer buffer) {
    const lvk_transfers *t = &vulkan->transfers;
    bool used = false;
    for (int i = 0; i < t->count; ++i)
        used = used || t->uploads[i].from == buffer || t->uploads[i].buffer == buffer;
    const lvk_status status = used ? lvk_queue_run(vulkan, NULL, 0) : LVK_OK;
    (void)status; /* not lost: after a failure the device counts as lost, and all further work fails */
}

/* ---- host memory ---- */

static void *host_alloc(void *user, size_t count, size_t size) {
    lvk_vulkan *vulkan = user;
    if (size && count > SIZE_MAX / size)
        return lvk_alloc(count, size); /* which sets the error line */
    struct lvk_host_block *block = lvk_alloc(1, sizeof *block);
    if (!block)
        return NULL;
    block->size = count > 0 && size > 0 ? count * size : 1;
    if (lvk_allocation_create(vulkan, block->size, true, &block->place) != LVK_OK) {
        lvk_free(block);
        return lvk_alloc(count,
                         size); /* drivers may have little host memory; the staging buffer serves instead */
    }
    memset(block->place.mapped, 0, (size_t)block->size);
    block->next = vulkan->transfers.blocks;
    vulkan->transfers.blocks = block;
    return block->place.mapped;
}

static void host_free(void *user, void *memory) {
    lvk_vulkan *vulkan = user;
    struct lvk_host_block **link = &vulkan->transfers.blocks;
    while (*link && (*link)->place.mapped != memory)
        link = &(*link)->next;
    struct lvk_host_block *block = *link;
    if (!block) {
        lvk_free(memory);
        return;
    }
    *link = block->next;
    lvk_transfer_forget(vulkan, block->place.buffer);
    lvk_allocation_destroy(vulkan, &block->place);
    lvk_free(block);
}

/* ---- all of it ---- */

lvk_status lvk_transfers_init(lvk_vulkan *vulkan) {
    lvk_transfers *t = &vulkan->transfers;
    const bool mapped = !vulkan->no_mapping && vulkan->adapter.info.type != LVK_DEVICE_DISCRETE;
    t->memory = (lvk_allocator){.alloc = host_alloc, .free = host_free, .user = vulkan};
    vulkan->base.host_memory = mapped ? &lvk_heap : &t->memory;
    LVK_TRY(lvk_queue_allocate(vulkan, 1, &t->commands));
    return lvk_queue_allocate(vulkan, 1, &t->ahead);
}

void lvk_transfers_finish(lvk_vulkan *vulkan) {
    lvk_allocation_destroy(vulkan, &vulkan->transfers.staging);
}
