/* Planning: from a graph to a program that a backend can run on a given device.
 *
 * Nodes keep their order; those that serve no output and no parameter update are left out. Values get places
 * in one arena by their lifetimes. Where a tensor is larger than a binding may be on the device, the operator
 * is run in batch slices. Kernel candidates are chosen here. */
#ifndef LVK_GRAPH_PLAN_H
#define LVK_GRAPH_PLAN_H

#include "graph/graph.h"
#include "graph/kernel_choices.h"

typedef struct lvk_plan_options {
    /* Which candidates to take, by the key of a whole node's call, before it is sliced; read during
     * planning only. NULL, and for calls that it does not hold: the first candidate that can run. */
    const lvk_string_map *kernel_choices;

    /* For measuring and for tests; zero is what programs want. A forced candidate goes before a choice. */
    int forced_op;                /* with forced_candidate: which operator */
    const char *forced_candidate; /* must be able to run, or the plan fails with LVK_ERROR_UNSUPPORTED and the
                                     reason */
    uint32_t slice_rows;          /* slice batched operators into about so many rows */
    uint64_t guard; /* bytes left free around every place in the arena and in the IO block; no reuse then */
} lvk_plan_options;

typedef struct lvk_plan {
    lvk_arena arena;
    lvk_program program;
    const lvk_graph *graph;    /* borrowed; outlives the plan */
    const lvk_region *regions; /* of every tensor of the graph; size 0: the tensor is not in the program */
    const int *nodes;          /* of every step: the node that it computes, or a slice of */
} lvk_plan;

/* `caps` is read during the call only. The plan is released with lvk_plan_finish, also after a failure. */
LVK_MUST_USE lvk_status lvk_plan_init(lvk_plan *plan, const lvk_graph *graph, const lvk_caps *caps,
                                      const lvk_plan_options *options);
void lvk_plan_finish(lvk_plan *plan);

/* Whether the program of a finished plan does what its graph says, as far as places go: operands lie within
 * their blocks, nothing is read that was not written before or that was overwritten since, and a step writes
 * over its own inputs and scratch memory only where the operator allows it. lvk_plan_init calls it; a failure
 * is a fault of the planner's. */
LVK_MUST_USE lvk_status lvk_program_verify(const lvk_plan *plan);

#endif
