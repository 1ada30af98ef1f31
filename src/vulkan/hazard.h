/* Which launches may overlap on the device, and where a barrier must stand between them. */
#ifndef LVK_VULKAN_HAZARD_H
#define LVK_VULKAN_HAZARD_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One range of one block that a launch touches. A launch that writes is taken to read as well. */
typedef struct lvk_access {
    int block;
    uint64_t begin, end; /* bytes, `end` excluded */
    bool writes;
} lvk_access;

/* Everything touched since the last barrier. Init with {0}. */
typedef struct lvk_hazards {
    lvk_access *accesses;
    size_t count, capacity;
} lvk_hazards;

/* Whether a launch with these accesses must wait for what is in flight: one of them overlaps an earlier one,
 * and either of the two writes. */
bool lvk_hazards_conflict(const lvk_hazards *hazards, const lvk_access *accesses, int count);

LVK_MUST_USE lvk_status lvk_hazards_add(lvk_hazards *hazards, const lvk_access *accesses, int count);

/* After a barrier. */
void lvk_hazards_clear(lvk_hazards *hazards);
void lvk_hazards_finish(lvk_hazards *hazards);

#endif
