/* The Vulkan backend: runs launches on any Vulkan 1.1 device. It knows shaders and buffers, and no operator's
 * name.
 *
 * Everything that it needs of a device is in "Required Limits" of the specification; what a device has beyond
 * that is told to the operators through lvk_caps.
 *
 * Environment: LEUKVK_VALIDATION=1 turns the validation layers on as `validation` does. LEUKVK_SYNC=1 submits
 * one step at a time and waits for it, so that an error names the step that the device was working on. */
#ifndef LVK_VULKAN_VULKAN_H
#define LVK_VULKAN_VULKAN_H

#include "backend/backend.h"
#include "leukvk/device.h"

typedef struct lvk_vulkan_options {
    const char *device; /* number, UUID or part of the name, as lvk_vulkan_list() tells; "" or NULL: best */
    bool validation;    /* core and synchronization validation; an error when the layer is missing */
    bool no_pipeline_cache; /* neither read nor write compiled pipelines in the user's cache folder */
    bool minimum_limits;    /* report no more than what every device has: lvk_caps_clamp_to_minimum() */

    /* For tests. */
    double
        submission_seconds; /* split a program at so many seconds, on software devices too; 0: see exec.c */
    bool as_gpu;            /* pass for a GPU: kernels that are made for one are chosen */
    bool no_mapping;        /* copy through staging memory although the host sees the device's */
} lvk_vulkan_options;

/* Opens a device. LVK_ERROR_UNSUPPORTED: there is no loader, no driver or no usable device;
 * LVK_ERROR_ARGUMENT: there are some, but `device` names none of them. */
LVK_MUST_USE lvk_status lvk_vulkan_create(const lvk_vulkan_options *options, lvk_backend **backend);

/* All devices that the loader finds, usable or not, freed with lvk_free. */
LVK_MUST_USE lvk_status lvk_vulkan_list(lvk_device_info **devices, size_t *count);

/* Describes the device that `backend`, made by lvk_vulkan_create(), runs on. */
void lvk_vulkan_info(const lvk_backend *backend, lvk_device_info *info);

/* Complaints of the validation layers (warnings and errors) about this backend so far, and the first of them.
 * The text lives as long as the backend. 0 and "" without validation. */
uint64_t lvk_vulkan_validation_messages(const lvk_backend *backend);
const char *lvk_vulkan_validation_text(const lvk_backend *backend);

/* The same count over all backends of the process, which also sees what is found while one is destroyed. */
uint64_t lvk_vulkan_validation_total(void);

#endif
