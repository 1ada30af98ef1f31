/* One use of an operator: which one, with what attributes, on tensors of which types. Plain data, no storage.
 */
#ifndef LVK_BACKEND_CALL_H
#define LVK_BACKEND_CALL_H

#include "backend/type.h"

enum { LVK_MAX_INPUTS = 6, LVK_MAX_OUTPUTS = 3, LVK_MAX_SCRATCH = 6 };

typedef struct lvk_call {
    int op;                 /* LVK_OP_... of ops/op.h; backends only index tables with it */
    const void *attributes; /* the operator's attribute struct; lives as long as the program */
    int input_count, output_count;
    lvk_type inputs[LVK_MAX_INPUTS];
    lvk_type outputs[LVK_MAX_OUTPUTS];
    bool accumulate; /* this is a later batch slice: add to the summed outputs instead of setting them */
} lvk_call;

#endif
