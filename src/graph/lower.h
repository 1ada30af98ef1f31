/* Lowering decides how a device computes a node: by which kernel candidate, in how many batch slices, with
 * which launches. Only src/graph includes this header. */
#ifndef LVK_GRAPH_LOWER_H
#define LVK_GRAPH_LOWER_H

#include "graph/plan.h"

typedef struct lvk_lowered_slice {
    uint32_t row, rows;    /* the slice has `rows` rows of the batch, from row `row` on */
    const char *candidate; /* its name; "" where there is nothing to launch */
    lvk_call call;         /* with the slice's types */
    lvk_launch *launches;
    int launch_count;
} lvk_lowered_slice;

typedef struct lvk_lowered {
    lvk_lowered_slice *slices; /* at least one */
    int slice_count;
    uint64_t scratch_size[LVK_MAX_SCRATCH]; /* the largest of all slices */
} lvk_lowered;

/* Whether a kernel that `choices` does not set aside can compute the call. True for an operator of which none is set aside: its last
 * kernel can, if need be in slices. */
bool lvk_lower_is_possible(const lvk_call *call, const lvk_caps *caps, const lvk_string_map *choices);

/* Fills `lowered`, whose arrays are allocated from `arena`. */
LVK_MUST_USE lvk_status lvk_lower(const lvk_node *node, const lvk_caps *caps, const lvk_plan_options *options,
                                  lvk_arena *arena, lvk_lowered *lowered);

#endif
