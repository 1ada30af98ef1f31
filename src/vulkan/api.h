/* The Vulkan API, loaded at run time by volk: no link against the loader, which may be missing. */
#ifndef LVK_VULKAN_API_H
#define LVK_VULKAN_API_H

/* Not <vulkan/vulkan.h>: this folder's own vulkan.h would be found in its place, and no platform part is
 * needed. */
/* NOLINTNEXTLINE(bugprone-macro-parentheses) */
#define VOLK_VULKAN_H_PATH <vulkan/vulkan_core.h>
#include <volk.h>

#include "core/error.h"

/* "VK_ERROR_DEVICE_LOST" and so on; static text. */
const char *lvk_vk_result_name(VkResult result);

/* LVK_OK for success; otherwise the error line "<call>: <result>" and the status that fits. `call` is text of
 * which the part before '(' is shown. */
LVK_MUST_USE lvk_status lvk_vk_status(VkResult result, const char *call);

/* LVK_GO(status, VK_STATUS(vkCreateFence(device, &info, NULL, &fence)), done); */
#define VK_STATUS(call) lvk_vk_status((call), #call)

#endif
