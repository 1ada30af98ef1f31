/* The reference: every operator once more in plain scalar C. It is the specification against which kernels
 * are tested, and a backend that runs anywhere.
 *
 * Each src/reference/<operator>.c defines lvk_reference_<operator>: loops that read like the formula, over
 * row-major tensors without gaps, with sums in double. The functions have no state, and use neither graph nor
 * device. */
#ifndef LVK_REFERENCE_REFERENCE_H
#define LVK_REFERENCE_REFERENCE_H

#include "backend/backend.h"

typedef struct lvk_reference_args {
    const lvk_call *call;               /* types and attributes; call->accumulate is false */
    const void *inputs[LVK_MAX_INPUTS]; /* elements are lvk_real, uint32_t or uint8_t, by the input's dtype */
    void *outputs[LVK_MAX_OUTPUTS];     /* an output that is an alias has the input's pointer */
} lvk_reference_args;

/* The functions expect calls that the operator's shape rule has accepted. */
#define LVK_OP(name) void lvk_reference_##name(const lvk_reference_args *args);
#include "ops/op_list.h"
#undef LVK_OP

/* Runs operator args->call->op. */
void lvk_reference_run(const lvk_reference_args *args);

/* Creates the backend, which computes on one thread. */
LVK_MUST_USE lvk_status lvk_reference_create(lvk_backend **backend);

#endif
