/* A call: one use of an operator as plain data. It holds the operator, its attributes and the types of its
 * tensors, but not where the tensors lie. */
#ifndef LVK_BACKEND_CALL_H
#define LVK_BACKEND_CALL_H

#include "backend/type.h"

enum { LVK_MAX_INPUTS = 6, LVK_MAX_OUTPUTS = 3, LVK_MAX_SCRATCH = 6 };

typedef struct lvk_call {
    int op;                 /* LVK_OP_... of ops/op.h; for backends, an index into their tables */
    const void *attributes; /* the operator's attributes; borrowed, must outlive the program */
    int input_count, output_count;
    lvk_type inputs[LVK_MAX_INPUTS];
    lvk_type outputs[LVK_MAX_OUTPUTS];
    bool accumulate; /* true for all batch slices but the first: add to the summed outputs */
} lvk_call;

#endif
