#include "runtime/device.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/resource.h"
#include "cpu/cpu.h"
#include "graph/kernel_choices.h"
#include "leukvk/kernel_tuning.h"
#include "reference/reference.h"
#include "runtime/kernel_tuning_file.h"
#include "vulkan/vulkan.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char reference_name[] = "reference", cpu_name[] = "cpu";

struct lvk_device {
    lvk_backend *backend;
    lvk_device_info info;
    char *tuning_path; /* the tuning file; NULL: the user has no cache folder */
    lvk_string_map choices;
    char *selftest_path; /* the self-test's verdict; NULL: the user has no cache folder */
    bool judged;
};

const char *lvk_device_type_name(lvk_device_type type) {
    static const char *const names[] = {"reference", "other",    "integrated", "discrete",
                                        "virtual",   "software", "cpu"};
    const size_t index = (size_t)type;
    return index < sizeof names / sizeof *names ? names[index] : "unknown";
}

static lvk_device_info reference_info(uint32_t index) {
    lvk_device_info info = {.index = index, .type = LVK_DEVICE_REFERENCE, .software = true, .usable = true};
    snprintf(info.name, sizeof info.name, "%s", reference_name);
    snprintf(info.driver, sizeof info.driver, "scalar C, one thread");
    return info;
}

/* Describes the device cpu. False if the library was built without this backend. */
static bool cpu_info(uint32_t index, unsigned threads, lvk_device_info *info) {
    *info = (lvk_device_info){.index = index, .type = LVK_DEVICE_CPU, .software = true, .usable = true};
    info->memory = lvk_machine_memory();
    return lvk_cpu_describe(threads, info->name, info->driver);
}

/* ---- the list ---- */

/* Marks the device that is taken when the user names none: Vulkan's preferred device if it is a graphics
 * card, else the first device after those of Vulkan. */
static void choose_preferred(lvk_device_list *list) {
    lvk_device_info *vulkan = NULL, *cpu = NULL;
    for (size_t i = 0; i < list->count; ++i) {
        if (list->devices[i].preferred)
            vulkan = &list->devices[i];
        if (list->devices[i].type == LVK_DEVICE_CPU)
            cpu = &list->devices[i];
        list->devices[i].preferred = false;
    }
    lvk_device_info *last = &list->devices[list->count - 1]; /* the reference, always the last */
    if (vulkan && (!cpu || !vulkan->software))
        last = vulkan;
    else if (cpu)
        last = cpu;
    last->preferred = true;
}

static lvk_status fill_list(lvk_device_list *list) {
    lvk_device_info *vulkan = NULL;
    size_t count = 0;
    const lvk_status status = lvk_vulkan_list(&vulkan, &count);
    if (status == LVK_ERROR_MEMORY)
        return status;
    if (status != LVK_OK)
        snprintf(list->vulkan, sizeof list->vulkan, "%s", lvk_error_message());
    list->devices = lvk_alloc(count + 2, sizeof *list->devices);
    if (!list->devices) {
        lvk_free(vulkan);
        return LVK_ERROR_MEMORY;
    }
    if (count)
        memcpy(list->devices, vulkan, count * sizeof *vulkan);
    list->count = count;
    if (cpu_info((uint32_t)list->count, 0, &list->devices[list->count]))
        ++list->count;
    list->devices[list->count] = reference_info((uint32_t)list->count);
    ++list->count;
    choose_preferred(list);
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

static lvk_status open_cpu(const lvk_device_options *options, lvk_device *device) {
    const lvk_cpu_options cpu = {.threads = options->threads};
    LVK_TRY(lvk_cpu_create(&cpu, &device->backend));
    (void)cpu_info(0, options->threads, &device->info);
    return LVK_OK;
}

static lvk_device_type type_in_list(const lvk_device_list *list, const char *name) {
    lvk_device_type type = LVK_DEVICE_OTHER;
    for (size_t i = 0; i < list->count; ++i) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        if (*name ? strcmp(name, number) == 0 : list->devices[i].preferred)
            type = list->devices[i].type;
    }
    return type;
}

/* Sets `type` to that of the device if `name` is one that does not belong to Vulkan, by its name or by its number in the
 * list; for "" to that of the preferred device. LVK_DEVICE_OTHER says that Vulkan must look for the device. Numbers count the
 * devices of Vulkan first: where these cannot be listed now, a number that once was a graphics card's would mean the cpu. */
static lvk_status type_named(const char *name, lvk_device_type *type) {
    lvk_device_list *list = NULL;
    *type = LVK_DEVICE_OTHER;
    if (strcasecmp(name, reference_name) == 0)
        *type = LVK_DEVICE_REFERENCE;
    else if (strcasecmp(name, cpu_name) == 0)
        *type = LVK_DEVICE_CPU;
    if (*type != LVK_DEVICE_OTHER || strspn(name, "0123456789") != strlen(name))
        return LVK_OK;
    lvk_status status = lvk_device_list_create(&list);
    if (status != LVK_OK)
        return status;
    if (*name && *list->vulkan)
        status = lvk_fail(
            LVK_ERROR_UNSUPPORTED,
            "device %s: numbers count the devices of Vulkan first, and there are none: %s; name cpu or reference",
            name, list->vulkan);
    else
        *type = type_in_list(list, name);
    lvk_device_list_destroy(&list);
    return status;
}

/* Reads the kernel choices that were stored for the device. If the file cannot be used, a warning says so,
 * and kernels are chosen as without a file. But a lack of memory is a failure, since other kernels would give
 * other bits. */
static lvk_status read_choices(lvk_device *device) {
    const lvk_status status =
        lvk_kernel_tuning_file_read(device->tuning_path, &device->info, &device->choices);
    if (status == LVK_ERROR_MEMORY)
        return status;
    if (status != LVK_OK)
        lvk_log(LVK_LOG_WARNING, "kernel choices are ignored: %s", lvk_error_message());
    else if (device->choices.count)
        lvk_log(LVK_LOG_INFO, "kernels: %zu choices of %s", device->choices.count, device->tuning_path);
    return LVK_OK;
}

static lvk_status set_aside(lvk_device *device, const lvk_string_map *wrong) {
    for (size_t i = 0; i < wrong->count; ++i) {
        LVK_TRY(lvk_kernel_choices_set_aside(&device->choices, wrong->pairs[i].key));
        lvk_log(LVK_LOG_WARNING, "kernel %s is set aside on this device: the self-test found it wrong",
                wrong->pairs[i].key);
    }
    device->judged = true;
    return LVK_OK;
}

/* A verdict that cannot be used is as none. */
static lvk_status read_verdict(lvk_device *device) {
    lvk_string_map wrong = {0};
    bool found;
    lvk_status status = lvk_selftest_file_read(device->selftest_path, &device->info, &wrong, &found);
    if (status == LVK_OK && found)
        status = set_aside(device, &wrong);
    else if (status != LVK_OK && status != LVK_ERROR_MEMORY) {
        lvk_log(LVK_LOG_DEBUG, "the self-test's verdict is ignored: %s", lvk_error_message());
        status = LVK_OK;
    }
    lvk_string_map_finish(&wrong);
    return status;
}

static lvk_status open_tuning(const lvk_device_options *options, lvk_device *device) {
    if (device->info.type == LVK_DEVICE_REFERENCE)
        return LVK_OK;
    LVK_TRY(lvk_kernel_tuning_file_path(&device->info, &device->tuning_path));
    if (device->tuning_path && !options->no_tuning)
        LVK_TRY(read_choices(device));
    if (!options->minimum_limits) /* other kernels run then than those of the verdict */
        LVK_TRY(lvk_selftest_file_path(&device->info, &device->selftest_path));
    return device->selftest_path ? read_verdict(device) : LVK_OK;
}

bool lvk_device_is_judged(const lvk_device *device) {
    return device->judged;
}

lvk_status lvk_device_judge(lvk_device *device, const lvk_string_map *wrong) {
    LVK_TRY(set_aside(device, wrong));
    if (device->selftest_path &&
        lvk_selftest_file_write(device->selftest_path, &device->info, wrong) != LVK_OK)
        lvk_log(LVK_LOG_WARNING, "the self-test's verdict is not kept: %s", lvk_error_message());
    return LVK_OK;
}

static lvk_status open_device(const lvk_device_options *options, lvk_device *device) {
    const bool named = options->device && *options->device;
    if (named || !options->validation) {
        lvk_device_type type;
        LVK_TRY(type_named(named ? options->device : "", &type));
        if (type == LVK_DEVICE_REFERENCE && named)
            return open_reference(device);
        if (type == LVK_DEVICE_CPU)
            return open_cpu(options, device);
    }
    const lvk_status status = open_vulkan(options, device);
    if (status != LVK_ERROR_UNSUPPORTED || named || options->validation)
        return status;
    lvk_log(LVK_LOG_WARNING, "%s; falling back to the reference, which is slow", lvk_error_message());
    return open_reference(device);
}

lvk_status lvk_device_open(const lvk_device_options *given, lvk_device **device) {
    lvk_device_options taken;
    *device = NULL;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_device_options, &taken, given));
    const lvk_device_options *const options = &taken;
    *device = lvk_alloc(1, sizeof **device);
    if (!*device)
        return LVK_ERROR_MEMORY;
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
    lvk_free(d->selftest_path);
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
    return strcmp(device->backend->info.kind, "vulkan") == 0 ? lvk_vulkan_validation_messages(device->backend)
                                                             : 0;
}

lvk_backend *lvk_device_backend(lvk_device *device) {
    return device->backend;
}

const lvk_string_map *lvk_device_kernel_choices(const lvk_device *device) {
    return &device->choices;
}

const char *lvk_kernel_tuning_file(const lvk_device *device) {
    return device->tuning_path;
}
