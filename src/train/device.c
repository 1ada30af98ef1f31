#include "train/device.h"

#include "core/log.h"
#include "core/memory.h"
#include "leukvk/tune.h"
#include "reference/reference.h"
#include "train/tuning_file.h"
#include "vulkan/vulkan.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char reference_name[] = "reference";

struct lvk_device {
    lvk_backend *backend;
    lvk_device_info info;
    char *tuning_path; /* NULL: there is no such file */
    lvk_string_map choices;
};

const char *lvk_device_type_name(lvk_device_type type) {
    static const char *const names[] = {"reference", "other", "integrated", "discrete", "virtual", "cpu"};
    const size_t index = (size_t)type;
    return index < sizeof names / sizeof *names ? names[index] : "unknown";
}

static lvk_device_info reference_info(uint32_t index) {
    lvk_device_info info = {.index = index, .type = LVK_DEVICE_REFERENCE, .software = true, .usable = true};
    snprintf(info.name, sizeof info.name, "%s", reference_name);
    snprintf(info.driver, sizeof info.driver, "scalar C, one thread");
    return info;
}

/* ---- the list ---- */

static lvk_status fill_list(lvk_device_list *list) {
    lvk_device_info *vulkan = NULL;
    size_t count = 0;
    const lvk_status status = lvk_vulkan_list(&vulkan, &count);
    if (status == LVK_ERROR_MEMORY)
        return status;
    if (status != LVK_OK)
        snprintf(list->vulkan, sizeof list->vulkan, "%s", lvk_error_message());
    list->devices = lvk_alloc(count + 1, sizeof *list->devices);
    if (!list->devices) {
        lvk_free(vulkan);
        return LVK_ERROR_MEMORY;
    }
    bool has_preferred = false;
    for (size_t i = 0; i < count; ++i) {
        list->devices[i] = vulkan[i];
        has_preferred |= vulkan[i].preferred;
    }
    list->devices[count] = reference_info((uint32_t)count);
    list->devices[count].preferred = !has_preferred;
    list->count = count + 1;
    lvk_free(vulkan);
    return LVK_OK;
}

lvk_status lvk_device_list_create(lvk_device_list **list) {
    *list = lvk_alloc(1, sizeof **list);
    if (!*list)
        return LVK_ERROR_MEMORY;
    const lvk_status status = fill_list(*list);
    if (status != LVK_OK)
        lvk_device_list_destroy(list);
    return status;
}

void lvk_device_list_destroy(lvk_device_list **list) {
    if (*list)
        lvk_free((*list)->devices);
    lvk_free(*list);
    *list = NULL;
}

/* ---- an open device ---- */

static lvk_status open_vulkan(const lvk_device_options *options, lvk_device *device) {
    const lvk_vulkan_options vulkan = {.device = options->device,
                                       .validation = options->validation,
                                       .no_pipeline_cache = options->no_pipeline_cache,
                                       .minimum_limits = options->minimum_limits};
    LVK_TRY(lvk_vulkan_create(&vulkan, &device->backend));
    lvk_vulkan_info(device->backend, &device->info);
    return LVK_OK;
}

static lvk_status open_reference(lvk_device *device) {
    LVK_TRY(lvk_reference_create(&device->backend));
    device->info = reference_info(0);
    return LVK_OK;
}

/* The reference's number in the list is one past the last Vulkan device's, and names it too. */
static bool is_reference_number(const char *text) {
    lvk_device_list *list = NULL;
    if (strspn(text, "0123456789") != strlen(text) || lvk_device_list_create(&list) != LVK_OK)
        return false;
    char number[16];
    snprintf(number, sizeof number, "%zu", list->count - 1);
    lvk_device_list_destroy(&list);
    return strcmp(text, number) == 0;
}

/* What was stored for the device. A file that is not to be used is told of, and kernels are taken as if there
 * were none; running out of memory is no reason to take others. */
static lvk_status read_choices(lvk_device *device) {
    const lvk_status status = lvk_tuning_file_read(device->tuning_path, &device->info, &device->choices);
    if (status == LVK_ERROR_MEMORY)
        return status;
    if (status != LVK_OK)
        lvk_log(LVK_LOG_WARNING, "kernel choices are ignored: %s", lvk_error_message());
    else if (device->choices.count)
        lvk_log(LVK_LOG_INFO, "kernels: %zu choices of %s", device->choices.count, device->tuning_path);
    return LVK_OK;
}

static lvk_status open_tuning(const lvk_device_options *options, lvk_device *device) {
    if (device->info.type == LVK_DEVICE_REFERENCE)
        return LVK_OK;
    device->tuning_path = lvk_tuning_file_path(&device->info);
    return device->tuning_path && !options->no_tuning ? read_choices(device) : LVK_OK;
}

static lvk_status open_device(const lvk_device_options *options, lvk_device *device) {
    const bool named = options->device && *options->device;
    if (named && (strcasecmp(options->device, reference_name) == 0 || is_reference_number(options->device)))
        return open_reference(device);
    const lvk_status status = open_vulkan(options, device);
    if (status != LVK_ERROR_UNSUPPORTED || named || options->validation)
        return status;
    lvk_log(LVK_LOG_WARNING, "%s; falling back to the reference, which is slow", lvk_error_message());
    return open_reference(device);
}

lvk_status lvk_device_open(const lvk_device_options *options, lvk_device **device) {
    static const lvk_device_options defaults = {0};
    *device = lvk_alloc(1, sizeof **device);
    if (!*device)
        return LVK_ERROR_MEMORY;
    options = options ? options : &defaults;
    lvk_status status = open_device(options, *device);
    if (status != LVK_OK) {
        lvk_device_close(device);
        return status;
    }
    lvk_log(LVK_LOG_INFO, "device: %s (%s, %s)", (*device)->info.name,
            lvk_device_type_name((*device)->info.type), (*device)->info.driver);
    if ((*device)->info.note[0])
        lvk_log(LVK_LOG_INFO, "device: %s", (*device)->info.note);
    status = open_tuning(options, *device);
    if (status != LVK_OK)
        lvk_device_close(device);
    return status;
}

void lvk_device_close(lvk_device **device) {
    lvk_device *d = *device;
    if (!d)
        return;
    if (d->backend)
        d->backend->functions->destroy(d->backend);
    lvk_string_map_finish(&d->choices);
    lvk_free(d->tuning_path);
    lvk_free(d);
    *device = NULL;
}

const lvk_device_info *lvk_device_get_info(const lvk_device *device) {
    return &device->info;
}

uint64_t lvk_device_memory(const lvk_device *device) {
    return device->backend->bytes_allocated;
}

uint64_t lvk_device_memory_peak(const lvk_device *device) {
    return device->backend->bytes_peak;
}

uint64_t lvk_device_validation_messages(const lvk_device *device) {
    return device->info.type == LVK_DEVICE_REFERENCE ? 0 : lvk_vulkan_validation_messages(device->backend);
}

lvk_backend *lvk_device_backend(lvk_device *device) {
    return device->backend;
}

const lvk_string_map *lvk_device_choices(const lvk_device *device) {
    return &device->choices;
}

const char *lvk_tune_file(const lvk_device *device) {
    return device->tuning_path;
}
