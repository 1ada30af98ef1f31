/* Devices: what this machine has to compute on, and opening one.
 *
 * A device is a Vulkan device; "cpu": the processor with all its threads, by oneDNN's kernels and the
 * library's own, where the library was built with it; or "reference": the library's own scalar C code, slow
 * and always there. */
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
    LVK_DEVICE_REFERENCE,  /* no Vulkan at all */
    LVK_DEVICE_OTHER,      /* Vulkan does not say */
    LVK_DEVICE_INTEGRATED, /* shares the processor's memory */
    LVK_DEVICE_DISCRETE,   /* a graphics card */
    LVK_DEVICE_VIRTUAL,    /* a part of one, in a virtual machine */
    LVK_DEVICE_SOFTWARE,   /* a Vulkan driver that computes on the processor */
    LVK_DEVICE_CPU         /* the processor itself, without Vulkan */
} lvk_device_type;

/* "discrete", "software" and so on; static text. */
const char *lvk_device_type_name(lvk_device_type type);

/* Limits are 0 where there is none: for the reference, and for devices that are not usable. Sizes are in
 * bytes. */
typedef struct lvk_device_info {
    uint32_t index;        /* what `--device N` takes: the position in the list */
    char name[256];        /* printable ASCII */
    char driver[256];      /* driver name and version */
    char uuid[40];         /* 8-4-4-4-12 hexadecimal digits; "" without Vulkan */
    char unsupported[160]; /* why it cannot be used; "" when it can */
    char note[160];        /* what leukvk has set up for it; "" when nothing */
    lvk_device_type type;
    bool software;           /* computes on the processor */
    bool usable;             /* what `unsupported` says */
    bool preferred;          /* taken when no device is named; at most one of a list */
    uint32_t api_version[3]; /* Vulkan's major, minor, patch */
    uint32_t vendor_id, device_id;
    uint64_t memory;            /* of its largest device-local heap */
    uint64_t max_allocation;    /* largest single allocation */
    uint64_t max_storage_range; /* largest part of a buffer that a kernel sees at once */
    uint32_t max_invocations;   /* of one workgroup */
    uint32_t max_shared_memory; /* of one workgroup */
    uint32_t max_groups;        /* workgroups in one dimension */
    uint32_t subgroup_size;     /* 0: it varies, or is not known */
    bool subgroup_shuffle, subgroup_broadcast;
    bool
        rounds_to_nearest; /* the driver says that it can round to the nearest float (shaderRoundingModeRTEFloat32),
                               as the bounds of the self-test assume; false: it does not say */
} lvk_device_info;

typedef struct lvk_device_list {
    lvk_device_info *devices; /* Vulkan devices in the loader's order, then the cpu, the reference last */
    size_t count;             /* at least 1 */
    char vulkan[512]; /* why there are no Vulkan devices, for example that no loader is installed; else "" */
} lvk_device_list;

/* Looks for devices. Succeeds on a machine without Vulkan: `vulkan` then says what is missing. */
LVK_MUST_USE lvk_status lvk_device_list_create(lvk_device_list **list);
void lvk_device_list_destroy(lvk_device_list **list);

typedef struct lvk_device lvk_device;

typedef struct lvk_device_options {
    /* "cpu", "reference"; the number, the UUID or a part of the name of a Vulkan device (letter case does not
     * count; where several match, the best of them, and a warning in the log); "" or NULL: the best graphics
     * card by type (discrete, integrated, virtual), then by memory; else the cpu; else the best Vulkan driver
     * that computes on the processor; else the reference, with a warning in the log. */
    const char *device;
    bool validation; /* Vulkan's validation layers: slow, for finding mistakes in leukvk or in a driver */
    bool no_pipeline_cache; /* neither read nor write compiled pipelines in $XDG_CACHE_HOME/leukvk */
    bool minimum_limits;    /* stay within what every Vulkan 1.1 device guarantees */
    bool no_tuning;         /* ignore the stored kernel choices of the device (leukvk/kernel_tuning.h) */
    unsigned
        threads; /* that the cpu computes with; 0: what OMP_NUM_THREADS says, else as many as processors that the
                         process may run on. Sums over a batch depend on it in their last digits. */
} lvk_device_options;

/* Opens a device and logs which one. NULL options are the defaults. */
LVK_MUST_USE lvk_status lvk_device_open(const lvk_device_options *options, lvk_device **device);

/* All that was made with the device must have been destroyed before. */
void lvk_device_close(lvk_device **device);

/* What was opened. Lives as long as the device. */
const lvk_device_info *lvk_device_get_info(const lvk_device *device);

/* Device memory that the library holds on it now, and the most that it has held. Bytes. */
uint64_t lvk_device_memory(const lvk_device *device);
uint64_t lvk_device_memory_peak(const lvk_device *device);

/* Complaints of the validation layers so far; 0 without validation. */
uint64_t lvk_device_validation_messages(const lvk_device *device);

#ifdef __cplusplus
}
#endif
#endif
