/* dense(x [N,I], w [I,O], optional b [O]) -> y [N,O] = x w + b. The kernels compute it as a 1x1 convolution
 * over 1x1 images. */
#include "ops/conv_forward.h"

#include <inttypes.h>

lvk_status lvk_dense_infer(lvk_call *call) {
    const lvk_type *x = &call->inputs[0], *w = &call->inputs[1], *b = &call->inputs[2];
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 2));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 2));
    if (w->dim[0] != x->dim[1])
        return lvk_op_fail(call, "the kernel takes %" PRIu32 " values, the input has %" PRIu32, w->dim[0],
                           x->dim[1]);
    if (call->input_count > 2) {
        LVK_TRY(lvk_op_expect(call, 2, LVK_F32, 1));
        if (b->dim[0] != w->dim[1])
            return lvk_op_fail(call, "the bias has %" PRIu32 " values for %" PRIu32 " outputs", b->dim[0],
                               w->dim[1]);
    }
    call->outputs[0] = lvk_type_2d(LVK_F32, x->dim[0], w->dim[1]);
    return LVK_OK;
}

void lvk_dense_gradient(lvk_backprop *backprop, int dy) {
    if (backprop->wanted[0])
        backprop->input_gradients[0] =
            LVK_EMIT(backprop, LVK_OP_dense_grad_input, NULL, dy, backprop->inputs[1]);
    if (backprop->wanted[1])
        backprop->input_gradients[1] =
            LVK_EMIT(backprop, LVK_OP_dense_grad_weight, NULL, backprop->inputs[0], dy);
    if (backprop->wanted[2])
        backprop->input_gradients[2] = LVK_EMIT(backprop, LVK_OP_bias_grad, NULL, dy);
}

static void gradient(lvk_backprop *backprop) {
    lvk_dense_gradient(backprop, backprop->output_gradients[0]);
}

const lvk_op lvk_op_dense = {
    .name = "dense",
    .summary = "y[n,o] = b[o] + sum x[n,i] * w[i,o]",
    .min_inputs = 2,
    .max_inputs = 3,
    .output_count = 1,
    .batched_inputs = 1,
    .batched_outputs = 1,
    .infer = lvk_dense_infer,
    .candidates = lvk_dense_forward_candidates,
    .candidate_count = LVK_DENSE_FORWARD_CANDIDATES,
    .gradient = gradient,
    .flops = lvk_conv_forward_flops,
};
