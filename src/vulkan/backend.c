#include "vulkan/vulkan.h"

#include "core/log.h"
#include "core/memory.h"
#include "vulkan/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double SUBMISSION_SECONDS = 0.1;
static const double FIRST_RATE =
    2e11; /* cost units a second (see exec.c): 200 GFLOP/s, which most graphics cards reach */

static void destroy(lvk_backend *backend) {
    lvk_vulkan *vulkan = (lvk_vulkan *)backend;
    if (!vulkan)
        return;
    const bool idle = lvk_queue_settle(vulkan);
    if (vulkan->device) {
        lvk_pipelines_finish(vulkan);
        lvk_transfers_finish(vulkan);
    }
    if (vulkan->device && idle) {
        vkDestroyFence(vulkan->device, vulkan->fence, NULL);
        vkDestroyCommandPool(vulkan->device, vulkan->command_pool, NULL);
        vkDestroyDevice(vulkan->device, NULL);
    }
    if (idle)
        lvk_instance_destroy(&vulkan->instance);
    else
        lvk_log(LVK_LOG_WARNING, "%s does not become idle: its memory is left until the process ends",
                vulkan->base.info.name);
    lvk_free(vulkan);
}

static const lvk_backend_functions functions = {.destroy = destroy,
                                                .buffer_create = lvk_vulkan_buffer_create,
                                                .buffer_destroy = lvk_vulkan_buffer_destroy,
                                                .buffer_write = lvk_vulkan_buffer_write,
                                                .buffer_read = lvk_vulkan_buffer_read,
                                                .exec_create = lvk_vulkan_exec_create,
                                                .exec_destroy = lvk_vulkan_exec_destroy,
                                                .exec_run = lvk_vulkan_exec_run,
                                                .exec_profile = lvk_vulkan_exec_profile};

static lvk_status choose(lvk_vulkan *vulkan, const char *selector) {
    lvk_adapter *adapters = NULL;
    uint32_t count = 0;
    const lvk_adapter *found = NULL;
    LVK_TRY(lvk_adapter_list(vulkan->instance, &adapters, &count));
    const lvk_status status = lvk_adapter_find(adapters, count, selector, &found);
    if (status == LVK_OK)
        vulkan->adapter = *found;
    lvk_free(adapters);
    return status;
}

static lvk_status create_device(lvk_vulkan *vulkan) {
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = vulkan->adapter.queue_family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    const char *extensions[2];
    uint32_t count = 0;
    if (vulkan->adapter.portability_subset)
        extensions[count++] = "VK_KHR_portability_subset";
    if (vulkan->adapter.robust_fetches)
        extensions[count++] = VK_EXT_ROBUSTNESS_2_EXTENSION_NAME;
    VkPhysicalDeviceRobustness2FeaturesEXT robustness = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ROBUSTNESS_2_FEATURES_EXT, .robustBufferAccess2 = VK_TRUE};
    const VkPhysicalDeviceFeatures features = {.robustBufferAccess = VK_TRUE};
    const bool robust = vulkan->adapter.robust_fetches;
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .pNext = robust ? &robustness : NULL,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue,
                                     .enabledExtensionCount = count,
                                     .ppEnabledExtensionNames = extensions,
                                     .pEnabledFeatures = robust ? &features : NULL};
    LVK_TRY(VK_STATUS(vkCreateDevice(vulkan->adapter.handle, &info, NULL, &vulkan->device)));
    vkGetDeviceQueue(vulkan->device, vulkan->adapter.queue_family, 0, &vulkan->queue);
    return LVK_OK;
}

static lvk_status create_queue_objects(lvk_vulkan *vulkan) {
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                          .queueFamilyIndex = vulkan->adapter.queue_family};
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    LVK_TRY(VK_STATUS(vkCreateCommandPool(vulkan->device, &pool, NULL, &vulkan->command_pool)));
    LVK_TRY(VK_STATUS(vkCreateFence(vulkan->device, &fence, NULL, &vulkan->fence)));
    return lvk_transfers_init(vulkan);
}

static bool environment_says(const char *name) {
    const char *value = getenv(name);
    return value && *value && strcmp(value, "0") != 0;
}

static void fill_backend(lvk_vulkan *vulkan, const lvk_vulkan_options *options) {
    lvk_backend *base = &vulkan->base;
    const lvk_device_info *info = &vulkan->adapter.info;
    snprintf(base->info.kind, sizeof base->info.kind, "vulkan");
    snprintf(base->info.name, sizeof base->info.name, "%s", info->name);
    snprintf(base->info.driver, sizeof base->info.driver, "%s", info->driver);
    base->caps = vulkan->adapter.caps;
    base->caps.memory = lvk_allocation_limit(vulkan, &base->caps.memory_left);
    base->caps.max_allocation = info->max_allocation;
    if (options->minimum_limits)
        lvk_caps_clamp_to_minimum(&base->caps);
    if (options->as_gpu)
        base->caps.is_cpu = false;
    vulkan->one_by_one = environment_says("LEUKVK_SYNC");
    vulkan->submission_seconds = options->submission_seconds > 0 ? options->submission_seconds
                                 : info->software                ? 0
                                                                 : SUBMISSION_SECONDS;
    vulkan->no_mapping = options->no_mapping;
    vulkan->rate = FIRST_RATE;
}

lvk_status lvk_vulkan_create(const lvk_vulkan_options *options, lvk_backend **backend) {
    static const lvk_vulkan_options defaults = {0};
    *backend = NULL;
    if (!options)
        options = &defaults;
    lvk_vulkan *vulkan = lvk_alloc(1, sizeof *vulkan);
    if (!vulkan)
        return LVK_ERROR_MEMORY;
    vulkan->base.functions = &functions;
    lvk_status status;
    const bool validation = options->validation || environment_says("LEUKVK_VALIDATION");
    LVK_GO(status, lvk_instance_create(validation, &vulkan->instance), failed);
    LVK_GO(status, choose(vulkan, options->device), failed);
    fill_backend(vulkan, options);
    LVK_GO(status, create_device(vulkan), within);
    LVK_GO(status, create_queue_objects(vulkan), within);
    LVK_GO(status, lvk_pipelines_init(vulkan, !options->no_pipeline_cache), within);
    *backend = &vulkan->base;
    return LVK_OK;
within:
    (void)lvk_fail_within(status, "%s", vulkan->base.info.name);
failed:
    destroy(&vulkan->base);
    return status;
}

lvk_status lvk_vulkan_list(lvk_device_info **devices, size_t *count) {
    *devices = NULL;
    *count = 0;
    lvk_instance *instance = NULL;
    lvk_adapter *adapters = NULL;
    uint32_t found = 0;
    LVK_TRY(lvk_instance_create(false, &instance));
    lvk_status status = lvk_adapter_list(instance, &adapters, &found);
    if (status == LVK_OK) {
        *devices = lvk_alloc(found, sizeof **devices);
        status = *devices ? LVK_OK : LVK_ERROR_MEMORY;
    }
    for (uint32_t i = 0; status == LVK_OK && i < found; ++i)
        (*devices)[i] = adapters[i].info;
    *count = status == LVK_OK ? found : 0;
    lvk_free(adapters);
    lvk_instance_destroy(&instance);
    return status;
}

void lvk_vulkan_info(const lvk_backend *backend, lvk_device_info *info) {
    *info = ((const lvk_vulkan *)backend)->adapter.info;
}

uint64_t lvk_vulkan_validation_messages(const lvk_backend *backend) {
    return atomic_load(&((const lvk_vulkan *)backend)->instance->messages);
}

const char *lvk_vulkan_validation_text(const lvk_backend *backend) {
    return ((const lvk_vulkan *)backend)->instance->first_message;
}

uint64_t lvk_vulkan_validation_total(void) {
    return lvk_instance_message_total();
}
