#include "vulkan/device.h"

lvk_status lvk_queue_allocate(lvk_vulkan *vulkan, int count, VkCommandBuffer *buffers) {
    const VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = vulkan->command_pool,
                                              .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                              .commandBufferCount = (uint32_t)count};
    return VK_STATUS(vkAllocateCommandBuffers(vulkan->device, &info, buffers));
}

void lvk_queue_barrier(VkCommandBuffer buffer, VkPipelineStageFlags source_stage, VkAccessFlags source,
                       VkPipelineStageFlags target_stage, VkAccessFlags target) {
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = source, .dstAccessMask = target};
    vkCmdPipelineBarrier(buffer, source_stage, target_stage, 0, 1, &barrier, 0, NULL, 0, NULL);
}

lvk_status lvk_queue_submit(lvk_vulkan *vulkan, VkCommandBuffer buffer, VkFence fence) {
    vulkan->running = true;
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &buffer};
    return VK_STATUS(vkQueueSubmit(vulkan->queue, 1, &info, fence));
}

static lvk_status submit_all(lvk_vulkan *vulkan, const VkCommandBuffer *buffers, int count) {
    if (vulkan->transfers.count)
        LVK_TRY(lvk_transfer_submit(vulkan, count ? VK_NULL_HANDLE : vulkan->fence));
    for (int i = 0; i < count; ++i)
        LVK_TRY(lvk_queue_submit(vulkan, buffers[i], i == count - 1 ? vulkan->fence : VK_NULL_HANDLE));
    return LVK_OK;
}

bool lvk_queue_settle(lvk_vulkan *vulkan) {
    enum { TRIES = 3 }; /* a wait that failed because memory was short may succeed the next time */
    for (int i = 0; vulkan->running && i < TRIES; ++i) {
        const VkResult result = vkQueueWaitIdle(vulkan->queue);
        vulkan->running = result != VK_SUCCESS && result != VK_ERROR_DEVICE_LOST;
    }
    return !vulkan->running;
}

static lvk_status wait(lvk_vulkan *vulkan) {
    LVK_TRY(VK_STATUS(vkWaitForFences(vulkan->device, 1, &vulkan->fence, VK_TRUE, UINT64_MAX)));
    vulkan->running = false;
    return VK_STATUS(vkResetFences(vulkan->device, 1, &vulkan->fence));
}

lvk_status lvk_queue_run(lvk_vulkan *vulkan, const VkCommandBuffer *buffers, int count) {
    if (vulkan->lost)
        return lvk_fail(LVK_ERROR_DEVICE_LOST, "%s was lost earlier", vulkan->base.info.name);
    if (count == 0 && vulkan->transfers.count == 0)
        return LVK_OK;
    lvk_status status = submit_all(vulkan, buffers, count);
    if (status == LVK_OK)
        status = wait(vulkan);
    if (status != LVK_OK)
        (void)lvk_queue_settle(vulkan); /* a submission may still use the caller's buffers */
    vulkan->transfers.staged = 0;
    vulkan->lost |= status != LVK_OK; /* after a failure it is not known how much of the work was done */
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "%s", vulkan->base.info.name);
}

void lvk_queue_free(lvk_vulkan *vulkan, int count, const VkCommandBuffer *buffers) {
    if (count > 0 && lvk_queue_settle(vulkan))
        vkFreeCommandBuffers(vulkan->device, vulkan->command_pool, (uint32_t)count, buffers);
}
