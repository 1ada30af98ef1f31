#include "vulkan/api.h"

#include <stdbool.h>
#include <string.h>

const char *lvk_vk_result_name(VkResult result) {
    switch (result) {
#define RESULT(name)                                                                                         \
    case name:                                                                                               \
        return #name;
        RESULT(VK_SUCCESS)
        RESULT(VK_NOT_READY)
        RESULT(VK_TIMEOUT)
        RESULT(VK_INCOMPLETE)
        RESULT(VK_ERROR_OUT_OF_HOST_MEMORY)
        RESULT(VK_ERROR_OUT_OF_DEVICE_MEMORY)
        RESULT(VK_ERROR_INITIALIZATION_FAILED)
        RESULT(VK_ERROR_DEVICE_LOST)
        RESULT(VK_ERROR_MEMORY_MAP_FAILED)
        RESULT(VK_ERROR_LAYER_NOT_PRESENT)
        RESULT(VK_ERROR_EXTENSION_NOT_PRESENT)
        RESULT(VK_ERROR_FEATURE_NOT_PRESENT)
        RESULT(VK_ERROR_INCOMPATIBLE_DRIVER)
        RESULT(VK_ERROR_TOO_MANY_OBJECTS)
        RESULT(VK_ERROR_FORMAT_NOT_SUPPORTED)
        RESULT(VK_ERROR_FRAGMENTED_POOL)
        RESULT(VK_ERROR_OUT_OF_POOL_MEMORY)
        RESULT(VK_ERROR_FRAGMENTATION)
        RESULT(VK_ERROR_NOT_PERMITTED_KHR)
        RESULT(VK_ERROR_INVALID_SHADER_NV)
        RESULT(VK_ERROR_VALIDATION_FAILED_EXT)
        RESULT(VK_ERROR_UNKNOWN)
#undef RESULT
    default:
        return "an unknown VkResult";
    }
}

lvk_status lvk_vk_status(VkResult result, const char *call) {
    if (result >= 0 && result != VK_TIMEOUT && result != VK_NOT_READY)
        return LVK_OK;
    const bool memory = result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY ||
                        result == VK_ERROR_OUT_OF_POOL_MEMORY || result == VK_ERROR_FRAGMENTATION;
    const lvk_status status = memory                           ? LVK_ERROR_MEMORY
                              : result == VK_ERROR_DEVICE_LOST ? LVK_ERROR_DEVICE_LOST
                                                               : LVK_ERROR_DEVICE;
    return lvk_fail(status, "%.*s: %s", (int)strcspn(call, "("), call, lvk_vk_result_name(result));
}
