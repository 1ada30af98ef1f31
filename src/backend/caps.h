/* Capabilities of a device: what operators and the planner need to know about it. The backend fills them. */
#ifndef LVK_BACKEND_CAPS_H
#define LVK_BACKEND_CAPS_H

#include <stdbool.h>
#include <stdint.h>

struct lvk_candidate; /* ops/op.h */

typedef struct lvk_caps {
    bool runs_launches; /* false: the backend walks the calls itself, and no limit below applies */

    /* For a backend that walks the calls itself and has several kernels for some operators: returns candidate
     * number `index` of operator `op`, the best first, NULL past the last. These candidates have no launches.
     * A NULL function means that the backend has no candidates. */
    const struct lvk_candidate *(*own_candidate)(int op, int index);

    bool is_cpu;     /* a software device: shared memory gains nothing, and barriers are slow */
    uint64_t memory; /* bytes that all buffers together may take; 0: not known */
    /* Bytes of `memory` that other programs left when the device was opened; 0: not known. It tells whether a
     * network fits. Kernels are not chosen by it, since the bits of a result would then depend on other
     * programs. */
    uint64_t memory_left;
    uint64_t max_allocation;      /* bytes of one buffer; 0: not known */
    uint64_t max_storage_range;   /* bytes of one storage binding */
    uint64_t max_texels;          /* elements of one texel buffer view */
    uint32_t max_uniform_range;   /* bytes of one uniform binding */
    uint32_t max_storage_buffers; /* storage bindings of one shader */
    uint32_t max_parameter_size;  /* push constant bytes */
    uint32_t max_groups[3];
    uint32_t max_group_size[3];
    uint32_t max_invocations;   /* of one workgroup */
    uint32_t max_shared_memory; /* bytes of one workgroup */
    uint32_t offset_alignment;  /* the offset of a binding is a multiple of it; a power of two */
    uint32_t subgroup_size;     /* the size of every subgroup; 0: subgroups may differ in size */
    bool subgroup_shuffle;      /* whether compute shaders have subgroupShuffle */
    bool subgroup_broadcast;    /* whether compute shaders have subgroupBroadcast (ballot) */
} lvk_caps;

/* Bytes that all buffers together can take now; 0: not known. */
static inline uint64_t lvk_caps_room(const lvk_caps *caps) {
    return caps->memory_left && caps->memory_left < caps->memory ? caps->memory_left : caps->memory;
}

/* Lowers every limit in `caps` to the least that Vulkan 1.1 guarantees ("Required Limits" of the
 * specification), and clears the optional features. A program planned for the result runs on any Vulkan 1.1
 * device. */
void lvk_caps_clamp_to_minimum(lvk_caps *caps);

#endif
