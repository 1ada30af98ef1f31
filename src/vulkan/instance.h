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

    /* Functions that give names to objects, which validation messages and debuggers show; NULL without
     * validation. */
    PFN_vkSetDebugUtilsObjectNameEXT set_name;
    PFN_vkCmdBeginDebugUtilsLabelEXT begin_label;
    PFN_vkCmdEndDebugUtilsLabelEXT end_label;

    atomic_uint_fast64_t messages; /* the number of warnings and errors of the validation layers */
    char first_message[1024];
} lvk_instance;

/* Fails with LVK_ERROR_UNSUPPORTED if there is no loader, no driver, or, with `validation`, no validation
 * layer. Instances may be created on several threads at once. */
LVK_MUST_USE lvk_status lvk_instance_create(bool validation, lvk_instance **instance);
void lvk_instance_destroy(lvk_instance **instance);

/* The number of validation messages of all instances of this process, destroyed ones included. */
uint64_t lvk_instance_message_total(void);

#endif
