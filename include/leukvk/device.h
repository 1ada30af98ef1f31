/* Devices: what this machine has to compute on, and opening one.
 *
 * A device is one of these:
 *  - a Vulkan device;
 *  - "cpu": the processor with all its threads, by kernels of oneDNN and of the library, if the library was
 *    built with it;
 *  - "reference": the library's own scalar C code, which is slow and always there. */
#ifndef LEUKVK_DEVICE_H
#define LEUKVK_DEVICE_H

#include "leukvk/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum lvk_device_type {
    LVK_DEVICE_REFERENCE,  /* the library's scalar C code, without Vulkan */
    LVK_DEVICE_OTHER,      /* a Vulkan device of another type */
    LVK_DEVICE_INTEGRATED, /* a GPU that shares the processor's memory */
    LVK_DEVICE_DISCRETE,   /* a graphics card */
    LVK_DEVICE_VIRTUAL,    /* a part of a graphics card, in a virtual machine */
    LVK_DEVICE_SOFTWARE,   /* a Vulkan driver that computes on the processor */
    LVK_DEVICE_CPU         /* the processor itself, without Vulkan */
} lvk_device_type;

/* The name of a type, such as "discrete" or "software"; static text. */
LVK_API const char *lvk_device_type_name(lvk_device_type type);

/* What is known about a device. Limits are 0 for the reference and the cpu, which have none, and for devices
 * that are not usable. Sizes are in bytes. */
typedef struct lvk_device_info {
    uint32_t index;        /* its number in the list, from 0, as `--device N` takes it */
    char name[256];        /* printable ASCII */
    char driver[256];      /* driver name and version */
    char uuid[40];         /* 8-4-4-4-12 hexadecimal digits; "" without Vulkan */
    char unsupported[160]; /* why the device cannot be used; "" when it can */
    char note[160];        /* settings that leukvk has changed for the device; "" when there are none */
    lvk_device_type type;
    bool software;           /* it computes on the processor */
    bool usable;             /* it can be used; if not, `unsupported` says why */
    bool preferred;          /* it is taken when no device is named; true for at most one device of a list */
    uint32_t api_version[3]; /* the device's version of Vulkan: major, minor, patch */
    uint32_t vendor_id, device_id;
    uint64_t memory;            /* the size of the largest device-local heap */
    uint64_t max_allocation;    /* the largest single allocation */
    uint64_t max_storage_range; /* the largest part of a buffer that a kernel sees at once */
    uint32_t max_invocations;   /* of one workgroup */
    uint32_t max_shared_memory; /* of one workgroup */
    uint32_t max_groups;        /* workgroups in one dimension */
    uint32_t subgroup_size;     /* invocations of a subgroup; 0: it varies, or is not known */
    bool subgroup_shuffle, subgroup_broadcast;
    bool rounds_to_nearest; /* the driver reports that it can round to the nearest float, as the bounds of the
                               self-test assume (shaderRoundingModeRTEFloat32); false: it does not tell */
} lvk_device_info;

/* Constant: any number of threads may read it. */
typedef struct lvk_device_list {
    lvk_device_info *devices; /* Vulkan devices in the loader's order, then the cpu, last the reference */
    size_t count;             /* at least 1 */
    char vulkan[512]; /* why there are no Vulkan devices, for example that no loader is installed; else "" */
} lvk_device_list;

/* Lists the devices. The caller destroys the list. On a machine without Vulkan the function succeeds, and
 * `vulkan` says what is missing. */
LVK_API LVK_MUST_USE lvk_status lvk_device_list_create(lvk_device_list **list);
LVK_API void lvk_device_list_destroy(lvk_device_list **list);

/* An open device. One thread at a time may use it and what was made with it, such as classifiers; several threads open a
 * device each, also of the same hardware. lvk_device_get_info may be called at any time by any thread. */
typedef struct lvk_device lvk_device;

typedef struct lvk_device_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    /* One of these:
     *  - "cpu" or "reference";
     *  - the number, the UUID or a part of the name of a Vulkan device, in any case of letters; if several
     *    devices match, the best of them is taken, with a warning in the log. A number may also be that of the cpu or
     *    the reference in the list of devices, but where Vulkan lists no device, no number is taken;
     *  - "" or NULL: the best graphics card by type (discrete, integrated, virtual), then by memory; if there
     *    is none, the cpu; else the best Vulkan driver that computes on the processor; else the reference,
     *    with a warning in the log. */
    const char *device;
    bool validation; /* turn on Vulkan's validation layers, which find mistakes in leukvk or a driver; slow */
    bool no_pipeline_cache; /* neither read nor write compiled pipelines in $XDG_CACHE_HOME/leukvk */
    bool minimum_limits;    /* stay within the limits that every Vulkan 1.1 device has */
    bool no_tuning;         /* ignore the stored kernel choices of the device (leukvk/kernel_tuning.h) */
    unsigned
        threads; /* threads of the cpu; 0: OMP_NUM_THREADS if it is set, else as many as processors on which
                         the process may run. The last digits of sums over a batch depend on the number */
} lvk_device_options;

/* Opens a device, and logs its name. NULL for `options` stands for the defaults. The caller closes the
 * device; after a failure *device is NULL. LVK_ERROR_ARGUMENT: no device has that number, UUID or name;
 * LVK_ERROR_UNSUPPORTED: there is no Vulkan, or the device cannot be used; LVK_ERROR_DEVICE;
 * LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_device_open(const lvk_device_options *options, lvk_device **device);

/* Closes the device. All objects that were created with it must have been destroyed before. */
LVK_API void lvk_device_close(lvk_device **device);

/* Describes the open device. The struct lives as long as the device. */
LVK_API const lvk_device_info *lvk_device_get_info(const lvk_device *device);

/* Bytes of device memory that the library holds on the device now, and the most that it has held. */
LVK_API uint64_t lvk_device_memory(const lvk_device *device);
LVK_API uint64_t lvk_device_memory_peak(const lvk_device *device);

/* The number of warnings and errors of the validation layers so far; 0 without validation. */
LVK_API uint64_t lvk_device_validation_messages(const lvk_device *device);

#ifdef __cplusplus
}
#endif
#endif
