/* The Vulkan API. volk loads it at run time, so that the program starts where the Vulkan loader is
 * missing. */
#ifndef LVK_VULKAN_API_H
#define LVK_VULKAN_API_H

/* volk includes vulkan_core.h instead of <vulkan/vulkan.h>, in whose place the compiler would find this
 * folder's vulkan.h. No platform header is needed. */
/* NOLINTNEXTLINE(bugprone-macro-parentheses) */
#define VOLK_VULKAN_H_PATH <vulkan/vulkan_core.h>
#include <volk.h>

#include "core/error.h"

/* The name of a result, such as "VK_ERROR_DEVICE_LOST"; static text. */
const char *lvk_vk_result_name(VkResult result);

/* Returns LVK_OK for success; else fails with the matching status and the error line "<function>: <result>".
 * `call` is the text of the call, of which the part before '(' is shown. */
LVK_MUST_USE lvk_status lvk_vk_status(VkResult result, const char *call);

/* Example: LVK_GO(status, VK_STATUS(vkCreateFence(device, &info, NULL, &fence)), done); */
#define VK_STATUS(call) lvk_vk_status((call), #call)

#endif
