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

lvk_status lvk_queue_run(lvk_vulkan *vulkan, const VkCommandBuffer *buffers, int count) {
    if (vulkan->lost)
        return lvk_fail(LVK_ERROR_DEVICE_LOST, "%s was lost earlier", vulkan->base.info.name);
    if (count == 0 && vulkan->transfers.count == 0)
        return LVK_OK;
    lvk_status status = submit_all(vulkan, buffers, count);
    if (status == LVK_OK) {
        status = VK_STATUS(vkWaitForFences(vulkan->device, 1, &vulkan->fence, VK_TRUE, UINT64_MAX));
        if (status == LVK_OK)
            status = VK_STATUS(vkResetFences(vulkan->device, 1, &vulkan->fence));
    } else if (status != LVK_ERROR_DEVICE_LOST) {
        vkQueueWaitIdle(vulkan->queue); /* what was submitted before still runs over the caller's buffers */
    }
    vulkan->transfers.staged = 0;
    vulkan->lost |= status != LVK_OK; /* what of it has run, nobody knows */
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "%s", vulkan->base.info.name);
}
