/* What a device can do, as far as operators and the planner need to know. Filled by the backend. */
#ifndef LVK_BACKEND_CAPS_H
#define LVK_BACKEND_CAPS_H

#include <stdbool.h>
#include <stdint.h>

struct lvk_candidate; /* ops/op.h */

typedef struct lvk_caps {
    bool runs_launches; /* false: the backend walks the calls itself and no limit below applies */

    /* The kernels of a backend that walks the calls itself and has several for some operators: candidate `index` of operator
     * `op`, best first, without launches; NULL past the last. NULL: it has no candidates to choose from. */
    const struct lvk_candidate *(*own_candidate)(int op, int index);

    bool is_cpu;             /* a software device: no cache-like shared memory, barriers are dear */
    uint64_t memory;         /* bytes of all buffers together, at most; 0: not known */
    uint64_t memory_left;    /* of these, what other programs left when the device was opened; 0: not known.
                                Says what fits now; kernels are not chosen by it, which would make the
                                bits depend on other programs */
    uint64_t max_allocation; /* bytes of one buffer; 0: not known */
    uint64_t max_storage_range;   /* bytes of one storage binding */
    uint64_t max_texels;          /* elements of one texel buffer view */
    uint32_t max_uniform_range;   /* bytes of one uniform binding */
    uint32_t max_storage_buffers; /* storage bindings of one shader */
    uint32_t max_parameter_size;  /* push constant bytes */
    uint32_t max_groups[3];
    uint32_t max_group_size[3];
    uint32_t max_invocations;   /* of one group */
    uint32_t max_shared_memory; /* bytes of one group */
    uint32_t offset_alignment;  /* of every binding's offset, a power of two */
    uint32_t subgroup_size;     /* the one size that every subgroup has; 0: it may vary */
    bool subgroup_shuffle;      /* subgroupShuffle in compute shaders */
    bool subgroup_broadcast;    /* subgroupBroadcast (ballot) in compute shaders */
} lvk_caps;

/* Bytes that buffers can take now; 0: not known. */
static inline uint64_t lvk_caps_room(const lvk_caps *caps) {
    return caps->memory_left && caps->memory_left < caps->memory ? caps->memory_left : caps->memory;
}

/* Lowers every limit in `caps` to the least that Vulkan 1.1 guarantees ("Required Limits" of the
 * specification) and drops the optional features: a program built for the result runs on any Vulkan 1.1
 * device. */
void lvk_caps_clamp_to_minimum(lvk_caps *caps);

#endif
