/* The Vulkan backend, which runs launches on any Vulkan 1.1 device. It works with shaders and buffers, and
 * depends on no operator.
 *
 * The backend requires no more of a device than the specification's "Required Limits". lvk_caps tells the
 * operators what a device has beyond these.
 *
 * Environment: LEUKVK_VALIDATION=1 turns the validation layers on, as `validation` does. LEUKVK_SYNC=1
 * submits one step at a time and waits for it, so that an error line names the step on which the device
 * failed. */
#ifndef LVK_VULKAN_VULKAN_H
#define LVK_VULKAN_VULKAN_H

#include "backend/backend.h"
#include "leukvk/device.h"

typedef struct lvk_vulkan_options {
    const char *device; /* number in lvk_vulkan_list(), UUID or part of the name; "" or NULL: the preferred */
    bool validation;    /* core and synchronization validation; fails when the layer is missing */
    bool no_pipeline_cache; /* neither read nor write compiled pipelines in the user's cache folder */
    bool minimum_limits;    /* lower lvk_caps to what every device has (lvk_caps_clamp_to_minimum()) */

    /* For tests. */
    double submission_seconds; /* limit of a submission's time, on software devices too; 0: that of exec.c */
    bool as_gpu;               /* count as a GPU, so that kernels made for GPUs are chosen */
    bool no_mapping;           /* copy through staging memory even where the host sees the device's memory */
} lvk_vulkan_options;

/* Opens a device. LVK_ERROR_UNSUPPORTED says that there is no loader, no driver or no usable device;
 * LVK_ERROR_ARGUMENT says that there are devices, but `device` names none of them. */
LVK_MUST_USE lvk_status lvk_vulkan_create(const lvk_vulkan_options *options, lvk_backend **backend);

/* Lists all devices that the loader finds, usable or not. The caller frees the list with lvk_free. */
LVK_MUST_USE lvk_status lvk_vulkan_list(lvk_device_info **devices, size_t *count);

/* Describes the device that `backend`, made by lvk_vulkan_create(), runs on. */
void lvk_vulkan_info(const lvk_backend *backend, lvk_device_info *info);

/* The number of warnings and errors of the validation layers about this backend so far, and the text of the
 * first, which lives as long as the backend. Without validation 0 and "". */
uint64_t lvk_vulkan_validation_messages(const lvk_backend *backend);
const char *lvk_vulkan_validation_text(const lvk_backend *backend);

/* The number of such messages about all backends of this process, including those that appear while a backend
 * is destroyed. */
uint64_t lvk_vulkan_validation_total(void);

#endif
