/* The reference: every operator once more in plain scalar C. It is the specification that the kernels are
 * tested against, and a backend that runs anywhere.
 *
 * Each src/reference/<operator>.c defines lvk_reference_<operator>: loops that read like the formula, over
 * dense row-major tensors, sums in double. No graph, no device, no state. */
#ifndef LVK_REFERENCE_REFERENCE_H
#define LVK_REFERENCE_REFERENCE_H

#include "backend/backend.h"

typedef struct lvk_reference_args {
    const lvk_call *call;               /* types and attributes; call->accumulate is never set here */
    const void *inputs[LVK_MAX_INPUTS]; /* lvk_real, uint32_t or uint8_t elements, by the input's dtype */
    void *outputs[LVK_MAX_OUTPUTS];     /* an aliased output is the input's own memory */
} lvk_reference_args;

/* Functions assume what the operator's shape rule has checked. */
#define LVK_OP(name) void lvk_reference_##name(const lvk_reference_args *args);
#include "ops/op_list.h"
#undef LVK_OP

/* Runs operator args->call->op. */
void lvk_reference_run(const lvk_reference_args *args);

/* Creates the backend. Single-threaded. */
LVK_MUST_USE lvk_status lvk_reference_create(lvk_backend **backend);

#endif
