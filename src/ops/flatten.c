/* flatten(x[N, ...]) = x with the shape [N, product of the other dimensions], a view. */
#include "ops/op.h"
#include "ops/unflatten.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    const lvk_type *x = &call->inputs[0];
    if (x->rank < 2)
        return lvk_op_fail(call, "input 0 has one dimension, expected at least two");
    call->outputs[0] = lvk_type_2d(LVK_F32, x->dim[0], (uint32_t)lvk_type_row_count(x));
    return LVK_OK;
}

static void gradient(lvk_backprop *backprop) {
    const lvk_type *x = &backprop->call->inputs[0];
    lvk_unflatten_attributes attributes = {.rank = x->rank - 1};
    for (int i = 1; i < x->rank; ++i)
        attributes.dim[i - 1] = x->dim[i];
    backprop->input_gradients[0] =
        LVK_EMIT(backprop, LVK_OP_unflatten, &attributes, backprop->output_gradients[0]);
}

const lvk_op lvk_op_flatten = {
    .name = "flatten",
    .summary = "y[n, :] = x[n, ..], a view",
    .min_inputs = 1,
    .max_inputs = 1,
    .output_count = 1,
    .batched_inputs = 1,
    .batched_outputs = 1,
    .alias = {1},
    .infer = infer,
    .gradient = gradient,
};
