/* Hazards: whether two launches may overlap on the device, or need a barrier between them. */
#ifndef LVK_VULKAN_HAZARD_H
#define LVK_VULKAN_HAZARD_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One range of a block that a launch reads or writes. A launch that writes a range counts as reading it
 * too. */
typedef struct lvk_access {
    int block;
    uint64_t begin, end; /* bytes, `end` excluded */
    bool writes;
} lvk_access;

/* All accesses since the last barrier. Initialized with {0}. */
typedef struct lvk_hazards {
    lvk_access *accesses;
    size_t count, capacity;
} lvk_hazards;

/* Whether a launch with these accesses needs a barrier before it: one of them overlaps an earlier access, and
 * at least one of the two writes. */
bool lvk_hazards_conflict(const lvk_hazards *hazards, const lvk_access *accesses, int count);

LVK_MUST_USE lvk_status lvk_hazards_add(lvk_hazards *hazards, const lvk_access *accesses, int count);

/* Forgets all accesses; to be called after a barrier. */
void lvk_hazards_clear(lvk_hazards *hazards);
void lvk_hazards_finish(lvk_hazards *hazards);

#endif
