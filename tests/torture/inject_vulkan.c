/* Vulkan calls that fail. The program asks the loader for vkGetInstanceProcAddr by dlsym; it gets one that gives, for
 * each function of the list, a function that may fail and else calls the driver's. */
#define _GNU_SOURCE
#include "inject.h"

#include <dlfcn.h>
#include <string.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

/* ---- the functions ---- */

#define WRAP(name, parameters, arguments)                                                                    \
    static PFN_##name next_##name;                                                                           \
    static VKAPI_ATTR VkResult VKAPI_CALL on_##name parameters {                                             \
        const inject_fate fate = inject_vulkan(#name);                                                       \
        return fate.fails ? (VkResult)fate.result : next_##name arguments;                                   \
    }
#define WRAP2(name, a, b)       WRAP(name, (a x, b y), (x, y))
#define WRAP3(name, a, b, c)    WRAP(name, (a x, b y, c z), (x, y, z))
#define WRAP4(name, a, b, c, d) WRAP(name, (a x, b y, c z, d v), (x, y, z, v))
#define CREATE(name, thing)                                                                                  \
    WRAP4(vkCreate##name, VkDevice, const Vk##name##CreateInfo *, const VkAllocationCallbacks *, thing *)

CREATE(Buffer, VkBuffer)
CREATE(BufferView, VkBufferView)
CREATE(CommandPool, VkCommandPool)
CREATE(DescriptorPool, VkDescriptorPool)
CREATE(DescriptorSetLayout, VkDescriptorSetLayout)
CREATE(Fence, VkFence)
CREATE(PipelineCache, VkPipelineCache)
CREATE(PipelineLayout, VkPipelineLayout)
CREATE(QueryPool, VkQueryPool)
CREATE(ShaderModule, VkShaderModule)
WRAP4(vkCreateDevice, VkPhysicalDevice, const VkDeviceCreateInfo *, const VkAllocationCallbacks *, VkDevice *)
WRAP3(vkCreateInstance, const VkInstanceCreateInfo *, const VkAllocationCallbacks *, VkInstance *)
WRAP3(vkEnumeratePhysicalDevices, VkInstance, uint32_t *, VkPhysicalDevice *)
WRAP4(vkEnumerateDeviceExtensionProperties, VkPhysicalDevice, const char *, uint32_t *,
      VkExtensionProperties *)
WRAP3(vkEnumerateInstanceExtensionProperties, const char *, uint32_t *, VkExtensionProperties *)
WRAP2(vkEnumerateInstanceLayerProperties, uint32_t *, VkLayerProperties *)
WRAP4(vkAllocateMemory, VkDevice, const VkMemoryAllocateInfo *, const VkAllocationCallbacks *,
      VkDeviceMemory *)
WRAP3(vkAllocateCommandBuffers, VkDevice, const VkCommandBufferAllocateInfo *, VkCommandBuffer *)
WRAP3(vkAllocateDescriptorSets, VkDevice, const VkDescriptorSetAllocateInfo *, VkDescriptorSet *)
WRAP2(vkBeginCommandBuffer, VkCommandBuffer, const VkCommandBufferBeginInfo *)
WRAP(vkEndCommandBuffer, (VkCommandBuffer x), (x))
WRAP4(vkBindBufferMemory, VkDevice, VkBuffer, VkDeviceMemory, VkDeviceSize)
WRAP(vkMapMemory,
     (VkDevice x, VkDeviceMemory y, VkDeviceSize z, VkDeviceSize v, VkMemoryMapFlags w, void **u),
     (x, y, z, v, w, u))
WRAP4(vkQueueSubmit, VkQueue, uint32_t, const VkSubmitInfo *, VkFence)
WRAP(vkQueueWaitIdle, (VkQueue x), (x))
WRAP3(vkResetFences, VkDevice, uint32_t, const VkFence *)
WRAP(vkWaitForFences, (VkDevice x, uint32_t y, const VkFence *z, VkBool32 v, uint64_t w), (x, y, z, v, w))
WRAP4(vkGetPipelineCacheData, VkDevice, VkPipelineCache, size_t *, void *)
WRAP(vkGetQueryPoolResults,
     (VkDevice x, VkQueryPool y, uint32_t z, uint32_t v, size_t w, void *u, VkDeviceSize s,
      VkQueryResultFlags f),
     (x, y, z, v, w, u, s, f))

/* The standard says that a pipeline that was not created is VK_NULL_HANDLE. */
static PFN_vkCreateComputePipelines next_vkCreateComputePipelines;
static VKAPI_ATTR VkResult VKAPI_CALL on_vkCreateComputePipelines(VkDevice device, VkPipelineCache cache,
                                                                  uint32_t count,
                                                                  const VkComputePipelineCreateInfo *infos,
                                                                  const VkAllocationCallbacks *allocator,
                                                                  VkPipeline *pipelines) {
    const inject_fate fate = inject_vulkan("vkCreateComputePipelines");
    for (uint32_t i = 0; fate.fails && i < count; ++i)
        pipelines[i] = VK_NULL_HANDLE;
    return fate.fails ? (VkResult)fate.result
                      : next_vkCreateComputePipelines(device, cache, count, infos, allocator, pipelines);
}

#define FUNCTIONS(x)                                                                                         \
    x(vkCreateBuffer) x(vkCreateBufferView) x(vkCreateCommandPool) x(vkCreateDescriptorPool)                 \
        x(vkCreateDescriptorSetLayout) x(vkCreateFence) x(vkCreatePipelineCache) x(vkCreatePipelineLayout)   \
            x(vkCreateQueryPool) x(vkCreateShaderModule) x(vkCreateDevice) x(vkCreateInstance)               \
                x(vkCreateComputePipelines) x(vkEnumeratePhysicalDevices)                                    \
                    x(vkEnumerateDeviceExtensionProperties) x(vkEnumerateInstanceExtensionProperties)        \
                        x(vkEnumerateInstanceLayerProperties) x(vkAllocateMemory)                            \
                            x(vkAllocateCommandBuffers) x(vkAllocateDescriptorSets) x(vkBeginCommandBuffer)  \
                                x(vkEndCommandBuffer) x(vkBindBufferMemory) x(vkMapMemory) x(vkQueueSubmit)  \
                                    x(vkQueueWaitIdle) x(vkResetFences) x(vkWaitForFences)                   \
                                        x(vkGetPipelineCacheData) x(vkGetQueryPoolResults)

/* ---- handing them out ---- */

static PFN_vkGetInstanceProcAddr next_instance;
static PFN_vkGetDeviceProcAddr next_device;

static PFN_vkVoidFunction replaced(const char *name, PFN_vkVoidFunction found) {
#define REPLACE(function)                                                                                    \
    if (found && strcmp(name, #function) == 0) {                                                             \
        next_##function = (PFN_##function)found;                                                             \
        return (PFN_vkVoidFunction)on_##function;                                                            \
    }
    FUNCTIONS(REPLACE)
    return found;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL on_device(VkDevice device, const char *name) {
    return replaced(name, next_device(device, name));
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL on_instance(VkInstance instance, const char *name) {
    const PFN_vkVoidFunction found = next_instance(instance, name);
    if (found && strcmp(name, "vkGetDeviceProcAddr") == 0) {
        next_device = (PFN_vkGetDeviceProcAddr)found;
        return (PFN_vkVoidFunction)on_device;
    }
    return replaced(name, found);
}

typedef void *(*find_function)(void *, const char *);

static find_function real_dlsym(void) {
    static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17"};
    find_function find = NULL;
    for (size_t i = 0; !find && i < sizeof versions / sizeof *versions; ++i) {
        void *found = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
        memcpy(&find, &found, sizeof find); /* C has no cast between functions and data */
    }
    return find;
}

/* Callers of dlsym are the program and drivers. RTLD_NEXT, which depends on the caller, is not asked for by volk. */
void *dlsym(void *restrict library, const char *restrict name) {
    static find_function find;
    find = find ? find : real_dlsym();
    void *found = find(library, name);
    if (!found || strcmp(name, "vkGetInstanceProcAddr") != 0 || next_instance)
        return found;
    const PFN_vkGetInstanceProcAddr replacement = on_instance;
    memcpy(&next_instance, &found, sizeof found);
    memcpy(&found, &replacement, sizeof found);
    return found;
}
