#include "vulkan/adapter.h"

#include "backend/launch.h"
#include "core/log.h"
#include "core/memory.h"
#include "vulkan/broadcast.h"
#include "vulkan/llvmpipe.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Copies a name that a driver gives, without characters that terminals or JSON cannot take. */
static void copy_printable(char *to, size_t size, const char *from) {
    size_t i = 0;
    for (; i + 1 < size && from[i]; ++i)
        to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
    to[i] = '\0';
}

static lvk_device_type device_type(VkPhysicalDeviceType type) {
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return LVK_DEVICE_DISCRETE;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return LVK_DEVICE_INTEGRATED;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return LVK_DEVICE_VIRTUAL;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return LVK_DEVICE_SOFTWARE;
    default:
        return LVK_DEVICE_OTHER;
    }
}

typedef struct extension_flags {
    bool driver_properties, subgroup_size_control, portability_subset, memory_budget, robustness2,
        float_controls;
} extension_flags;

static lvk_status find_extensions(VkPhysicalDevice device, extension_flags *flags) {
    uint32_t count = 0;
    LVK_TRY(VK_STATUS(vkEnumerateDeviceExtensionProperties(device, NULL, &count, NULL)));
    VkExtensionProperties *extensions = lvk_alloc(count, sizeof *extensions);
    if (!extensions)
        return LVK_ERROR_MEMORY;
    const lvk_status status =
        VK_STATUS(vkEnumerateDeviceExtensionProperties(device, NULL, &count, extensions));
    for (uint32_t i = 0; status == LVK_OK && i < count; ++i) {
        const char *name = extensions[i].extensionName;
        flags->driver_properties |= strcmp(name, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME) == 0;
        flags->subgroup_size_control |= strcmp(name, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME) == 0;
        flags->portability_subset |= strcmp(name, "VK_KHR_portability_subset") == 0;
        flags->float_controls |= strcmp(name, VK_KHR_SHADER_FLOAT_CONTROLS_EXTENSION_NAME) == 0;
        flags->memory_budget |= strcmp(name, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME) == 0;
        flags->robustness2 |= strcmp(name, VK_EXT_ROBUSTNESS_2_EXTENSION_NAME) == 0;
    }
    lvk_free(extensions);
    return status;
}

/* Picks a queue family that computes, if possible one without graphics: a desktop on the same card then stays
 * responsive. */
static lvk_status find_queue_family(lvk_adapter *adapter, bool *found) {
    uint32_t count = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(adapter->handle, &count, NULL);
    VkQueueFamilyProperties *families = lvk_alloc(count, sizeof *families);
    if (!families)
        return LVK_ERROR_MEMORY;
    vkGetPhysicalDeviceQueueFamilyProperties(adapter->handle, &count, families);
    int best = -1;
    for (uint32_t i = 0; i < count; ++i) {
        const VkQueueFlags flags = families[i].queueFlags;
        if (families[i].queueCount == 0 || !(flags & VK_QUEUE_COMPUTE_BIT))
            continue;
        if (best < 0 ||
            (!(flags & VK_QUEUE_GRAPHICS_BIT) && families[best].queueFlags & VK_QUEUE_GRAPHICS_BIT))
            best = (int)i;
    }
    if (best >= 0) {
        adapter->queue_family = (uint32_t)best;
        adapter->timestamp_bits = families[best].timestampValidBits;
    }
    lvk_free(families);
    *found = best >= 0;
    return LVK_OK;
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static void fill_limits(lvk_adapter *adapter) {
    const VkPhysicalDeviceLimits *limits = &adapter->properties.limits;
    lvk_caps *caps = &adapter->caps;
    caps->runs_launches = true;
    caps->is_cpu = adapter->info.software;
    caps->max_storage_range = limits->maxStorageBufferRange;
    caps->max_uniform_range = limits->maxUniformBufferRange;
    caps->max_storage_buffers =
        least(limits->maxPerStageDescriptorStorageBuffers, limits->maxDescriptorSetStorageBuffers);
    caps->max_parameter_size = least(limits->maxPushConstantsSize, LVK_MAX_PARAMETER_SIZE);
    for (int i = 0; i < 3; ++i) {
        caps->max_groups[i] = limits->maxComputeWorkGroupCount[i];
        caps->max_group_size[i] = limits->maxComputeWorkGroupSize[i];
    }
    caps->max_invocations = limits->maxComputeWorkGroupInvocations;
    caps->max_shared_memory = limits->maxComputeSharedMemorySize;
    VkDeviceSize alignment = 16;
    const VkDeviceSize wanted[] = {limits->minStorageBufferOffsetAlignment,
                                   limits->minUniformBufferOffsetAlignment,
                                   limits->minTexelBufferOffsetAlignment};
    for (int i = 0; i < 3; ++i)
        if (wanted[i] > alignment)
            alignment = wanted[i];
    caps->offset_alignment = (uint32_t)alignment;
}

/* The one size that all subgroups of a device have; 0 if not known. Mesa's and Google's software drivers have
 * one size, but older versions lack the extension that reports it. */
static uint32_t fixed_subgroup_size(const lvk_adapter *adapter,
                                    const VkPhysicalDeviceSubgroupProperties *subgroup,
                                    const VkPhysicalDeviceSubgroupSizeControlPropertiesEXT *control) {
    if (control->maxSubgroupSize)
        return control->minSubgroupSize == control->maxSubgroupSize ? control->minSubgroupSize : 0;
    return adapter->info.software ? subgroup->subgroupSize : 0;
}

bool lvk_adapter_fetches_zero(VkDriverId driver) {
    return driver == VK_DRIVER_ID_MESA_LLVMPIPE || driver == VK_DRIVER_ID_GOOGLE_SWIFTSHADER ||
           driver == VK_DRIVER_ID_NVIDIA_PROPRIETARY;
}

static bool has_robustness2(const lvk_adapter *adapter) {
    VkPhysicalDeviceRobustness2FeaturesEXT robustness = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ROBUSTNESS_2_FEATURES_EXT};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                          .pNext = &robustness};
    vkGetPhysicalDeviceFeatures2(adapter->handle, &features);
    return features.features.robustBufferAccess && robustness.robustBufferAccess2;
}

/* Decides whether kernels may read by texels. These kernels rely on 0 for a fetch beyond the end of the view,
 * which Vulkan leaves undefined. Some drivers are known to return 0. On other software devices robustness is
 * enabled, which guarantees 0. On other graphics cards robustness is not enabled, since it would slow all
 * kernels down, and no kernel reads by texels. */
static void fill_texels(lvk_adapter *adapter, VkDriverId driver, bool robustness2) {
    if (!lvk_adapter_fetches_zero(driver))
        adapter->robust_fetches = adapter->info.software && robustness2 && has_robustness2(adapter);
    if (lvk_adapter_fetches_zero(driver) || adapter->robust_fetches)
        adapter->caps.max_texels = adapter->properties.limits.maxTexelBufferElements;
}

static void fill_budget(lvk_adapter *adapter) {
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
    VkPhysicalDeviceMemoryProperties2 memory = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2, .pNext = &budget};
    vkGetPhysicalDeviceMemoryProperties2(adapter->handle, &memory);
    for (uint32_t heap = 0; heap < adapter->memory.memoryHeapCount; ++heap)
        adapter->budget[heap] = budget.heapBudget[heap];
}

static void fill_properties(lvk_adapter *adapter, const extension_flags *flags) {
    VkPhysicalDeviceSubgroupSizeControlPropertiesEXT control = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES_EXT};
    VkPhysicalDeviceDriverPropertiesKHR driver = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES_KHR};
    VkPhysicalDeviceFloatControlsProperties floats = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES};
    VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
    VkPhysicalDeviceMaintenance3Properties maintenance = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES, .pNext = &id};
    VkPhysicalDeviceSubgroupProperties subgroup = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES, .pNext = &maintenance};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                              .pNext = &subgroup};
    if (flags->driver_properties) {
        driver.pNext = properties.pNext;
        properties.pNext = &driver;
    }
    if (flags->float_controls) {
        floats.pNext = properties.pNext;
        properties.pNext = &floats;
    }
    if (flags->subgroup_size_control) {
        control.pNext = properties.pNext;
        properties.pNext = &control;
    }
    vkGetPhysicalDeviceProperties2(adapter->handle, &properties);

    lvk_device_info *info = &adapter->info;
    const uint32_t version = adapter->properties.driverVersion;
    char text[2 * VK_MAX_DRIVER_INFO_SIZE + 2];
    if (driver.driverInfo[0])
        snprintf(text, sizeof text, "%s, %s", driver.driverName, driver.driverInfo);
    else
        snprintf(text, sizeof text, "%s%s%u.%u.%u", driver.driverName,
                 driver.driverName[0] ? " " : "version ", VK_API_VERSION_MAJOR(version),
                 VK_API_VERSION_MINOR(version), VK_API_VERSION_PATCH(version));
    copy_printable(info->driver, sizeof info->driver, text);
    char *at = info->uuid;
    for (uint32_t i = 0; i < VK_UUID_SIZE; ++i)
        at += sprintf(at, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id.deviceUUID[i]);
    info->max_allocation = maintenance.maxMemoryAllocationSize;
    info->rounds_to_nearest = floats.shaderRoundingModeRTEFloat32;

    fill_texels(adapter, driver.driverID, flags->robustness2);
    if (flags->memory_budget)
        fill_budget(adapter);

    lvk_caps *caps = &adapter->caps;
    if (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) {
        adapter->subgroup_features = subgroup.supportedOperations;
        caps->subgroup_size = fixed_subgroup_size(adapter, &subgroup, &control);
        caps->subgroup_shuffle = subgroup.supportedOperations & VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
        caps->subgroup_broadcast = subgroup.supportedOperations & VK_SUBGROUP_FEATURE_BALLOT_BIT;
        adapter->broadcasts =
            caps->subgroup_broadcast && lvk_broadcast_is_faster(driver.driverID, driver.driverInfo);
    }
}

static void fill_info(lvk_adapter *adapter) {
    const VkPhysicalDeviceProperties *properties = &adapter->properties;
    lvk_device_info *info = &adapter->info;
    copy_printable(info->name, sizeof info->name, properties->deviceName);
    info->type = device_type(properties->deviceType);
    info->software = info->type == LVK_DEVICE_SOFTWARE;
    info->api_version[0] = VK_API_VERSION_MAJOR(properties->apiVersion);
    info->api_version[1] = VK_API_VERSION_MINOR(properties->apiVersion);
    info->api_version[2] = VK_API_VERSION_PATCH(properties->apiVersion);
    info->vendor_id = properties->vendorID;
    info->device_id = properties->deviceID;
    for (uint32_t i = 0; i < adapter->memory.memoryHeapCount; ++i) {
        const VkMemoryHeap *heap = &adapter->memory.memoryHeaps[i];
        if (heap->flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT && heap->size > info->memory)
            info->memory = heap->size;
    }
    lvk_llvmpipe_note(info);
}

static void refuse(lvk_adapter *adapter, const char *reason) {
    adapter->info.usable = false;
    snprintf(adapter->info.unsupported, sizeof adapter->info.unsupported, "%s", reason);
}

/* Fails only if memory is short. For a device that cannot be used, `info` gets the reason. */
static lvk_status fill_adapter(lvk_adapter *adapter) {
    lvk_device_info *info = &adapter->info;
    info->usable = true;
    vkGetPhysicalDeviceProperties(adapter->handle, &adapter->properties);
    vkGetPhysicalDeviceMemoryProperties(adapter->handle, &adapter->memory);
    fill_info(adapter);
    if (adapter->properties.apiVersion < VK_API_VERSION_1_1) {
        refuse(adapter, "it has Vulkan 1.0; 1.1 is needed");
        return LVK_OK;
    }
    extension_flags flags = {0};
    const lvk_status status = find_extensions(adapter->handle, &flags);
    if (status == LVK_ERROR_MEMORY)
        return status;
    if (status != LVK_OK) {
        refuse(adapter, "its driver does not list its extensions");
        return LVK_OK;
    }
    adapter->portability_subset = flags.portability_subset;
    fill_limits(adapter);
    fill_properties(adapter, &flags);
    bool has_queue = false;
    LVK_TRY(find_queue_family(adapter, &has_queue));
    if (!has_queue)
        refuse(adapter, "it has no queue for compute work");
    const lvk_caps *caps = &adapter->caps;
    info->max_storage_range = caps->max_storage_range;
    info->max_invocations = caps->max_invocations;
    info->max_shared_memory = caps->max_shared_memory;
    info->max_groups = caps->max_groups[0];
    info->subgroup_size = caps->subgroup_size;
    info->subgroup_shuffle = caps->subgroup_shuffle;
    info->subgroup_broadcast = caps->subgroup_broadcast;
    return LVK_OK;
}

static int rank(lvk_device_type type) {
    return type == LVK_DEVICE_DISCRETE     ? 4
           : type == LVK_DEVICE_INTEGRATED ? 3
           : type == LVK_DEVICE_VIRTUAL    ? 2
           : type == LVK_DEVICE_OTHER      ? 1
                                           : 0;
}

static bool is_better(const lvk_adapter *a, const lvk_adapter *b) {
    if (rank(a->info.type) != rank(b->info.type))
        return rank(a->info.type) > rank(b->info.type);
    if (a->info.memory != b->info.memory)
        return a->info.memory > b->info.memory;
    return a->info.subgroup_size >
           b->info.subgroup_size; /* between two software devices, the one with wider vectors wins */
}

lvk_status lvk_adapter_list(const lvk_instance *instance, lvk_adapter **adapters, uint32_t *count) {
    *adapters = NULL;
    *count = 0;
    uint32_t found = 0;
    LVK_TRY(VK_STATUS(vkEnumeratePhysicalDevices(instance->handle, &found, NULL)));
    VkPhysicalDevice *handles = lvk_alloc(found, sizeof *handles);
    lvk_adapter *list = lvk_alloc(found, sizeof *list);
    lvk_status status = handles && list ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK && found)
        status = VK_STATUS(vkEnumeratePhysicalDevices(instance->handle, &found, handles));
    if (status == LVK_OK && found == 0)
        status = lvk_fail(LVK_ERROR_UNSUPPORTED,
                          "Vulkan drivers are installed, and none of them has a device here");
    lvk_adapter *best = NULL;
    for (uint32_t i = 0; status == LVK_OK && i < found; ++i) {
        list[i].handle = handles[i];
        list[i].info.index = i;
        status = fill_adapter(&list[i]);
        if (list[i].info.usable && (!best || is_better(&list[i], best)))
            best = &list[i];
    }
    if (status == LVK_OK) {
        if (best)
            best->info.preferred = true;
        *adapters = list;
        *count = found;
        list = NULL;
    }
    lvk_free(handles);
    lvk_free(list);
    return status;
}

static bool contains(const char *text, const char *part) {
    const size_t length = strlen(part);
    for (; *text; ++text)
        if (strncasecmp(text, part, length) == 0)
            return true;
    return false;
}

static bool is_number(const char *text) {
    return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 10;
}

/* Whether `text` is the UUID, with or without dashes. */
static bool is_uuid(const char *uuid, const char *text) {
    for (;; ++uuid, ++text) {
        uuid += *uuid == '-';
        text += *text == '-';
        if (tolower((unsigned char)*uuid) != tolower((unsigned char)*text))
            return false;
        if (!*uuid)
            return true;
    }
}

/* Whether the selector matches the adapter: its UUID if by_uuid, else its name. */
static bool is_meant(const lvk_adapter *adapter, const char *selector, bool by_uuid) {
    return by_uuid ? is_uuid(adapter->info.uuid, selector) : contains(adapter->info.name, selector);
}

/* Logs the numbers of the other devices that the selector matches besides `taken`. */
static void tell_others(const lvk_adapter *adapters, uint32_t count, const char *selector, bool by_uuid,
                        const lvk_adapter *taken) {
    char others[160] = "";
    size_t length = 0;
    for (uint32_t i = 0; i < count; ++i)
        if (&adapters[i] != taken && is_meant(&adapters[i], selector, by_uuid) && length < sizeof others)
            length += (size_t)snprintf(others + length, sizeof others - length, "%s%" PRIu32,
                                       length ? ", " : "", adapters[i].info.index);
    if (length)
        lvk_log(LVK_LOG_WARNING,
                "--device %s means several devices: number %" PRIu32 " is taken, %s; by number also: %s",
                selector, taken->info.index, taken->info.name, others);
}

static const lvk_adapter *match(const lvk_adapter *adapters, uint32_t count, const char *selector) {
    if (is_number(selector) && strtoul(selector, NULL, 10) < count)
        return &adapters[strtoul(selector, NULL, 10)];
    const lvk_adapter *best = NULL;
    bool by_uuid = false;
    for (uint32_t i = 0; i < count; ++i)
        by_uuid = by_uuid || is_uuid(adapters[i].info.uuid, selector);
    for (uint32_t i = 0; i < count; ++i) {
        const lvk_adapter *adapter = &adapters[i];
        if (is_meant(adapter, selector, by_uuid) &&
            (!best || (adapter->info.usable && (!best->info.usable || is_better(adapter, best)))))
            best = adapter;
    }
    if (best)
        tell_others(adapters, count, selector, by_uuid, best);
    return best;
}

lvk_status lvk_adapter_find(const lvk_adapter *adapters, uint32_t count, const char *selector,
                            const lvk_adapter **found) {
    *found = NULL;
    if (!selector || !*selector) {
        for (uint32_t i = 0; i < count; ++i)
            if (adapters[i].info.preferred)
                *found = &adapters[i];
        return *found ? LVK_OK
                      : lvk_fail(LVK_ERROR_UNSUPPORTED, "no usable Vulkan device: %s: %s",
                                 adapters[0].info.name, adapters[0].info.unsupported);
    }
    const lvk_adapter *adapter = match(adapters, count, selector);
    if (!adapter)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "no device has the number, UUID or name \"%s\"; leukvk devices lists the devices",
                        selector);
    if (!adapter->info.usable)
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "%s cannot be used: %s", adapter->info.name,
                        adapter->info.unsupported);
    *found = adapter;
    return LVK_OK;
}
