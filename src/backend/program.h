/* A program: what a plan gives to a backend. It is a list of steps, which run in order; every operand has a
 * fixed place in one of a few blocks of memory. graph/plan.h builds a program, which does not change
 * afterwards. A backend keeps a pointer to it as long as an executable lives. */
#ifndef LVK_BACKEND_PROGRAM_H
#define LVK_BACKEND_PROGRAM_H

#include "backend/launch.h"

typedef enum lvk_block_id {
    LVK_BLOCK_ARENA,       /* values that live for a part of a run, and whose places are used again */
    LVK_BLOCK_IO,          /* what the host writes and reads: inputs, constants, results */
    LVK_BLOCK_PARAMETERS,  /* all parameters, in the order of their creation */
    LVK_BLOCK_GRADIENTS,   /* their gradients, at the same offsets */
    LVK_BLOCK_ACCUMULATED, /* means of gradients over several batches, at the same offsets */
    LVK_BLOCK_AVERAGE,     /* a moving average of the parameters, at the same offsets */
    LVK_BLOCK_MOMENT1,     /* SGD's momentum or Adam's first moment, at the same offsets */
    LVK_BLOCK_MOMENT2,     /* Adam's second moment, at the same offsets */
    LVK_BLOCK_COUNT
} lvk_block_id;

typedef struct lvk_region {
    lvk_block_id block;
    uint64_t offset, size; /* bytes; size is a multiple of 16 */
} lvk_region;

static inline bool lvk_regions_overlap(const lvk_region *a, const lvk_region *b) {
    return a->block == b->block && a->size && b->size && a->offset < b->offset + b->size &&
           b->offset < a->offset + a->size;
}

static inline bool lvk_regions_equal(const lvk_region *a, const lvk_region *b) {
    return a->block == b->block && a->offset == b->offset && a->size == b->size;
}

typedef struct lvk_step {
    const char *label;     /* the node's label and, if it is sliced, rows: "conv2d_1/conv2d [0-15]" */
    const char *candidate; /* the name of the kernel candidate; "" when the step has no launches */
    lvk_call call;
    lvk_region inputs[LVK_MAX_INPUTS];
    lvk_region outputs[LVK_MAX_OUTPUTS];
    lvk_region scratch[LVK_MAX_SCRATCH];
    lvk_region idle; /* the largest part of the arena that holds nothing while the step runs; size 0: there is
                        none. A backend may use it as scratch memory. */
    const lvk_launch *launches; /* none for views, and none for a backend that walks the calls */
    int launch_count;
    double flops;    /* floating-point operations of the direct form; a multiply-add counts 2 */
    double bytes;    /* memory traffic if every operand is read or written once */
    bool recomputed; /* it repeats the call of an earlier step on the same numbers */
} lvk_step;

typedef struct lvk_program {
    const lvk_step *steps;
    int step_count;
    uint64_t block_size[LVK_BLOCK_COUNT]; /* bytes; 0: not used */
} lvk_program;

#endif
