/* The connection to the Vulkan loader, with or without the validation layers. */
#ifndef LVK_VULKAN_INSTANCE_H
#define LVK_VULKAN_INSTANCE_H

#include "vulkan/api.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct lvk_instance {
    VkInstance handle;
    VkDebugUtilsMessengerEXT messenger;
    PFN_vkDestroyDebugUtilsMessengerEXT destroy_messenger;

    /* Names for the layers and for debuggers; NULL without validation. */
    PFN_vkSetDebugUtilsObjectNameEXT set_name;
    PFN_vkCmdBeginDebugUtilsLabelEXT begin_label;
    PFN_vkCmdEndDebugUtilsLabelEXT end_label;

    atomic_uint_fast64_t messages; /* of validation, warnings and errors */
    char first_message[1024];
} lvk_instance;

/* LVK_ERROR_UNSUPPORTED when there is no loader, no driver, or no validation layer where one was asked for.
 * Instances may be created on several threads at once. */
LVK_MUST_USE lvk_status lvk_instance_create(bool validation, lvk_instance **instance);
void lvk_instance_destroy(lvk_instance **instance);

/* Validation messages of all instances that this process has had. */
uint64_t lvk_instance_message_total(void);

#endif
