/* A program: a planned graph in the form that a backend runs. Steps in order, every operand at a fixed place
 * in one of a few memory blocks. Built by graph/plan.h; immutable afterwards; backends keep a pointer to it
 * while an executable lives. */
#ifndef LVK_BACKEND_PROGRAM_H
#define LVK_BACKEND_PROGRAM_H

#include "backend/launch.h"

typedef enum lvk_block_id {
    LVK_BLOCK_ARENA,       /* values that live for part of a run; places are reused */
    LVK_BLOCK_IO,          /* what the host writes and reads: inputs, constants, results */
    LVK_BLOCK_PARAMETERS,  /* all parameters, in the order of their creation */
    LVK_BLOCK_GRADIENTS,   /* their gradients, at the same offsets */
    LVK_BLOCK_ACCUMULATED, /* means of gradients over several batches, at the same offsets */
    LVK_BLOCK_AVERAGE,     /* a moving average of the parameters, at the same offsets */
    LVK_BLOCK_MOMENT1,     /* optimizer state, at the same offsets: momentum, or Adam's first moment */
    LVK_BLOCK_MOMENT2,     /* Adam's second moment */
    LVK_BLOCK_COUNT
} lvk_block_id;

typedef struct lvk_region {
    lvk_block_id block;
    uint64_t offset, size; /* bytes; size is a multiple of 16 */
} lvk_region;

typedef struct lvk_step {
    const char *label;     /* "conv2d_1/conv2d [0-15]": the node and, if it was sliced, its rows */
    const char *candidate; /* name of the kernel candidate; "" when the step has no launches */
    lvk_call call;
    lvk_region inputs[LVK_MAX_INPUTS];
    lvk_region outputs[LVK_MAX_OUTPUTS];
    lvk_region scratch[LVK_MAX_SCRATCH];
    const lvk_launch *launches; /* none for views, and when the backend runs calls */
    int launch_count;
    double flops;    /* arithmetic of the direct form: a multiply-add counts 2 */
    double bytes;    /* operands read and written once */
    bool recomputed; /* the same call as that of an earlier step, on the same numbers */
} lvk_step;

typedef struct lvk_program {
    const lvk_step *steps;
    int step_count;
    uint64_t block_size[LVK_BLOCK_COUNT]; /* bytes; 0: not used */
} lvk_program;

#endif
