/* Adapters: the physical devices that the Vulkan loader lists, what they can do, and which one is taken. */
#ifndef LVK_VULKAN_ADAPTER_H
#define LVK_VULKAN_ADAPTER_H

#include "backend/caps.h"
#include "leukvk/device.h"
#include "vulkan/instance.h"

typedef struct lvk_adapter {
    VkPhysicalDevice handle;
    lvk_device_info info;
    lvk_caps caps;
    VkPhysicalDeviceProperties properties;
    VkPhysicalDeviceMemoryProperties memory;
    uint64_t budget[VK_MAX_MEMORY_HEAPS];     /* bytes that other programs leave of each heap; 0: not known */
    VkSubgroupFeatureFlags subgroup_features; /* in compute shaders */
    uint32_t queue_family;
    uint32_t timestamp_bits; /* valid bits of a timestamp on that queue family; 0: no timestamps */
    bool portability_subset; /* VK_KHR_portability_subset must be enabled */
    bool broadcasts;         /* shaders broadcast where they would shuffle (broadcast.h) */
    bool robust_fetches;     /* VK_EXT_robustness2 must be enabled, so that fetches out of range return 0 */
} lvk_adapter;

/* Whether a driver is known to return 0 for texel fetches out of range without robustness. */
bool lvk_adapter_fetches_zero(VkDriverId driver);

/* Lists the adapters in the loader's order; the info of the preferred one says so. The caller frees the list
 * with lvk_free, and uses it no longer than the instance lives. */
LVK_MUST_USE lvk_status lvk_adapter_list(const lvk_instance *instance, lvk_adapter **adapters,
                                         uint32_t *count);

/* Sets `found` to the usable adapter that `selector` names (see lvk_vulkan_options.device). */
LVK_MUST_USE lvk_status lvk_adapter_find(const lvk_adapter *adapters, uint32_t count, const char *selector,
                                         const lvk_adapter **found);

#endif
