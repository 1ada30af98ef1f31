/* The choice of a memory type for each buffer. Device-local types come first. Among these, a discrete card
 * prefers types that the host cannot map, since the mappable window is small, and slow for the host to read.
 * Other devices prefer types that the host can map. */
#include "vulkan/device.h"

#include "core/log.h"
#include "core/resource.h"

/* How well a memory type suits a buffer: a higher number is better, a negative one means that the type cannot
 * be used. */
static int score(const lvk_vulkan *vulkan, const VkMemoryType *type, bool staging) {
    const VkMemoryPropertyFlags flags = type->propertyFlags;
    const bool local = flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
               cached = flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    const bool visible =
        flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT && flags & VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    if (flags &
        ~(VkMemoryPropertyFlags)(VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                 VK_MEMORY_PROPERTY_HOST_COHERENT_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT))
        return -1; /* lazily allocated, protected, or usable only with a feature that is not enabled */
    if (staging)
        return visible ? 1 + 2 * cached + !local : -1;
    const bool card = vulkan->adapter.info.type == LVK_DEVICE_DISCRETE;
    return 8 * local + (card ? !visible : 4 * visible + 2 * (visible && cached));
}

/* The best memory type among the set bits of `allowed`; -1 if there is none. */
static int best_type(const lvk_vulkan *vulkan, uint32_t allowed, bool staging, uint64_t size) {
    const VkPhysicalDeviceMemoryProperties *memory = &vulkan->adapter.memory;
    int best = -1, best_score = -1;
    uint64_t best_heap = 0;
    for (uint32_t i = 0; i < memory->memoryTypeCount; ++i) {
        const uint64_t heap = memory->memoryHeaps[memory->memoryTypes[i].heapIndex].size;
        const int value = score(vulkan, &memory->memoryTypes[i], staging);
        if (!(allowed & 1U << i) || heap < size || value < 0)
            continue;
        if (value > best_score || (value == best_score && heap > best_heap)) {
            best = (int)i;
            best_score = value;
            best_heap = heap;
        }
    }
    return best;
}

static bool is_local(const lvk_vulkan *vulkan, uint32_t heap) {
    return vulkan->adapter.memory.memoryHeaps[heap].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT;
}

/* Whether a heap counts as memory for buffers. A card with memory of its own also reaches the host's memory
 * through the bus. Allocations may go there when the card's memory is full, but the host's memory does not
 * count. */
static bool is_usable(const lvk_vulkan *vulkan, uint32_t heap, bool only_local) {
    const VkPhysicalDeviceMemoryProperties *memory = &vulkan->adapter.memory;
    bool usable = false;
    for (uint32_t i = 0; i < memory->memoryTypeCount; ++i)
        usable = usable || (memory->memoryTypes[i].heapIndex == heap &&
                            score(vulkan, &memory->memoryTypes[i], false) >= 0);
    return usable && (!only_local || is_local(vulkan, heap));
}

/* The size of all heaps that count as memory for buffers. For software drivers it is the machine's memory,
 * since the size that they report for their heap has nothing to do with what they can allocate. */
uint64_t lvk_allocation_limit(const lvk_vulkan *vulkan, uint64_t *left) {
    const lvk_adapter *adapter = &vulkan->adapter;
    const uint32_t heaps = adapter->memory.memoryHeapCount;
    bool only_local = false;
    uint64_t bytes = 0;
    *left = 0;
    if (adapter->info.software)
        return lvk_machine_memory();
    for (uint32_t heap = 0; heap < heaps && adapter->info.type != LVK_DEVICE_INTEGRATED; ++heap)
        only_local = only_local || is_local(vulkan, heap);
    for (uint32_t heap = 0; heap < heaps; ++heap) {
        const uint64_t size = adapter->memory.memoryHeaps[heap].size, budget = adapter->budget[heap];
        if (!is_usable(vulkan, heap, only_local))
            continue;
        bytes += size;
        *left += budget && budget < size ? budget : size;
    }
    return bytes;
}

static lvk_status out_of_memory(const lvk_vulkan *vulkan, uint64_t size, const char *reason) {
    return lvk_fail(
        LVK_ERROR_MEMORY,
        "%s has no room for a buffer of %.1f MiB: %s (%.1f MiB are in use, its memory is %.1f MiB)",
        vulkan->base.info.name, (double)size / 0x1p20, reason, (double)vulkan->base.bytes_allocated / 0x1p20,
        (double)vulkan->adapter.info.memory / 0x1p20);
}

/* Maps memory that the host can see, except in a card's mappable window, which is left to the driver. */
static lvk_status map(lvk_vulkan *vulkan, VkMemoryPropertyFlags flags, bool staging,
                      lvk_allocation *allocation) {
    const VkMemoryPropertyFlags visible =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const bool refused = vulkan->no_mapping || vulkan->adapter.info.type == LVK_DEVICE_DISCRETE;
    if ((flags & visible) != visible || (refused && !staging))
        return LVK_OK;
    return VK_STATUS(
        vkMapMemory(vulkan->device, allocation->memory, 0, VK_WHOLE_SIZE, 0, &allocation->mapped));
}

static lvk_status allocate(lvk_vulkan *vulkan, bool staging, lvk_allocation *allocation) {
    VkMemoryRequirements needs;
    vkGetBufferMemoryRequirements(vulkan->device, allocation->buffer, &needs);
    uint32_t allowed = needs.memoryTypeBits;
    VkResult result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    for (;;) {
        const int type = best_type(vulkan, allowed, staging, needs.size);
        if (type < 0)
            return out_of_memory(vulkan, needs.size, lvk_vk_result_name(result));
        const VkMemoryPropertyFlags flags = vulkan->adapter.memory.memoryTypes[type].propertyFlags;
        const VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                           .allocationSize = needs.size,
                                           .memoryTypeIndex = (uint32_t)type};
        result = vkAllocateMemory(vulkan->device, &info, NULL, &allocation->memory);
        if (result == VK_SUCCESS) {
            if (!staging && !(flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT))
                lvk_log(LVK_LOG_WARNING, "%s: %.1f MiB lie in host memory, which is slower",
                        vulkan->base.info.name, (double)needs.size / 0x1p20);
            allocation->bytes = staging ? 0 : needs.size;
            vulkan->base.bytes_allocated += allocation->bytes;
            if (vulkan->base.bytes_peak < vulkan->base.bytes_allocated)
                vulkan->base.bytes_peak = vulkan->base.bytes_allocated;
            return map(vulkan, flags, staging, allocation);
        }
        if (result != VK_ERROR_OUT_OF_DEVICE_MEMORY && result != VK_ERROR_OUT_OF_HOST_MEMORY)
            return lvk_vk_status(result, "vkAllocateMemory");
        allowed &= ~(1U << type);
    }
}

lvk_status lvk_allocation_create(lvk_vulkan *vulkan, uint64_t size, bool staging,
                                 lvk_allocation *allocation) {
    *allocation = (lvk_allocation){0};
    if (size > vulkan->adapter.info.max_allocation)
        return out_of_memory(vulkan, size, "more than the device gives in one piece");
    VkBufferUsageFlags usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    if (!staging)
        usage |= VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT |
                 VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT;
    const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                     .size = size,
                                     .usage = usage,
                                     .sharingMode = VK_SHARING_MODE_EXCLUSIVE};
    lvk_status status;
    LVK_GO(status, VK_STATUS(vkCreateBuffer(vulkan->device, &info, NULL, &allocation->buffer)), failed);
    LVK_GO(status, allocate(vulkan, staging, allocation), failed);
    LVK_GO(status, VK_STATUS(vkBindBufferMemory(vulkan->device, allocation->buffer, allocation->memory, 0)),
           failed);
    return LVK_OK;
failed:
    lvk_allocation_destroy(vulkan, allocation);
    return status;
}

void lvk_allocation_destroy(lvk_vulkan *vulkan, lvk_allocation *allocation) {
    if (lvk_queue_settle(vulkan)) {
        vkDestroyBuffer(vulkan->device, allocation->buffer, NULL);
        vkFreeMemory(vulkan->device, allocation->memory, NULL); /* unmaps the memory too */
    }
    vulkan->base.bytes_allocated -= allocation->bytes;
    *allocation = (lvk_allocation){0};
}
