/* Lowering: how one node is computed on one device. Which candidate, in how many batch slices, with which
 * launches. Private to src/graph. */
#ifndef LVK_GRAPH_LOWER_H
#define LVK_GRAPH_LOWER_H

#include "graph/plan.h"

typedef struct lvk_lowered_slice {
    uint32_t row, rows;    /* of the batch */
    const char *candidate; /* "" without launches */
    lvk_call call;         /* with the slice's types */
    lvk_launch *launches;
    int launch_count;
} lvk_lowered_slice;

typedef struct lvk_lowered {
    lvk_lowered_slice *slices; /* at least one */
    int slice_count;
    uint64_t scratch_size[LVK_MAX_SCRATCH]; /* the largest of all slices */
} lvk_lowered;

/* Everything in `lowered` is allocated from `arena`. */
LVK_MUST_USE lvk_status lvk_lower(const lvk_node *node, const lvk_caps *caps, const lvk_plan_options *options,
                                  lvk_arena *arena, lvk_lowered *lowered);

#endif
