/* Planning: from a graph to a program that a backend can run on a given device.
 *
 * Nodes keep their order; nodes that serve neither an output nor an update of parameters are left out. Values
 * get places in one arena, and values with different lifetimes may share a place. Where a tensor is larger
 * than a binding may be on the device, the operator runs in batch slices. Planning also chooses the kernel
 * candidate of each node. */
#ifndef LVK_GRAPH_PLAN_H
#define LVK_GRAPH_PLAN_H

#include "graph/graph.h"
#include "graph/kernel_choices.h"

typedef struct lvk_plan_options {
    /* The candidates to take, by the key of a node's call (that of the whole batch, not of a slice). The
     * table is read during planning only. Calls that it does not hold, or all calls if it is NULL, take the
     * first candidate that is neither unsupported nor unsuited. */
    const lvk_string_map *kernel_choices;

    /* For measurements and tests; else zero. Operator forced_op takes forced_candidate, whatever
     * kernel_choices says. If this candidate cannot run, planning fails with LVK_ERROR_UNSUPPORTED and the
     * candidate's reason. */
    int forced_op;
    const char *forced_candidate;
    uint32_t slice_rows; /* run batched operators in slices of about so many rows */
    uint64_t guard; /* bytes left free around every place in the arena and the IO block; no place is shared */
} lvk_plan_options;

typedef struct lvk_plan {
    lvk_arena arena;
    lvk_program program;
    const lvk_graph *graph;    /* borrowed; must outlive the plan */
    const lvk_region *regions; /* [tensor of the graph] where it lies; size 0: it is not in the program */
    const int *nodes;          /* [step] the node that the step computes, or of which it computes a slice */
} lvk_plan;

/* Plans `graph` for the device that `caps` describes; `caps` is read during the call only. The plan is
 * released with lvk_plan_finish, also after a failure. */
LVK_MUST_USE lvk_status lvk_plan_init(lvk_plan *plan, const lvk_graph *graph, const lvk_caps *caps,
                                      const lvk_plan_options *options);
void lvk_plan_finish(lvk_plan *plan);

/* Checks the places in the program of a finished plan: operands lie within their blocks; every step reads
 * only what was written before and was not overwritten since; a step writes over its own inputs or scratch
 * only where the operator allows it. lvk_plan_init calls this function. A failure means a fault in the
 * planner. */
LVK_MUST_USE lvk_status lvk_program_verify(const lvk_plan *plan);

#endif
