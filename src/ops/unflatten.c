/* unflatten(x[N, P]) = x with the shape [N, ...], whose rows have the shape that the attributes give: a view,
 * the inverse of flatten. */
#include "ops/unflatten.h"
#include "ops/op.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 2));
    const lvk_unflatten_attributes *row = call->attributes;
    if (row->rank < 1 || row->rank >= LVK_MAX_RANK)
        return lvk_op_fail(call, "rows of %d dimensions, expected 1 to %d", row->rank, LVK_MAX_RANK - 1);
    lvk_type y = {.dtype = LVK_F32, .rank = row->rank + 1, .dim = {call->inputs[0].dim[0]}};
    uint64_t count = 1;
    for (int i = 0; i < row->rank && count <= UINT32_MAX; ++i)
        count *= y.dim[i + 1] = row->dim[i];
    if (count != call->inputs[0].dim[1]) {
        char text[LVK_TYPE_TEXT];
        return lvk_op_fail(call, "rows of %u elements cannot become %s", (unsigned)call->inputs[0].dim[1],
                           lvk_type_text(&y, text));
    }
    call->outputs[0] = y;
    return LVK_OK;
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] = LVK_EMIT(backprop, LVK_OP_flatten, NULL, backprop->output_gradients[0]);
}

const lvk_op lvk_op_unflatten = {
    .name = "unflatten",
    .summary = "y[n, ..] = x[n, :], a view",
    .min_inputs = 1,
    .max_inputs = 1,
    .output_count = 1,
    .attribute_size = sizeof(lvk_unflatten_attributes),
    .batched_inputs = 1,
    .batched_outputs = 1,
    .alias = {1},
    .infer = infer,
    .gradient = gradient,
};
