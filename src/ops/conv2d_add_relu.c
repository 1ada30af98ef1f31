/* conv2d_add_relu(x, w, b, residual) -> y = relu(conv2d(x, w, b) + residual), the end of a residual block.
 * The residual is of y's type. Every kernel binds five buffers, more than Vulkan guarantees. Therefore
 * lvk_graph_fuse makes this operator only for devices that can bind five. */
#include "ops/conv_forward.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_conv2d_infer(call));
    LVK_TRY(lvk_op_expect(call, 3, LVK_F32, 4));
    if (!lvk_type_equal(&call->inputs[3], &call->outputs[0])) {
        char residual[LVK_TYPE_TEXT], y[LVK_TYPE_TEXT];
        return lvk_op_fail(call, "the residual is %s, the output %s",
                           lvk_type_text(&call->inputs[3], residual), lvk_type_text(&call->outputs[0], y));
    }
    return LVK_OK;
}

static void gradient(lvk_backprop *backprop) {
    const int dy =
        LVK_EMIT(backprop, LVK_OP_relu_grad, NULL, backprop->output_gradients[0], backprop->outputs[0]);
    lvk_conv2d_gradient(backprop, dy);
    backprop->input_gradients[3] = dy;
}

const lvk_op lvk_op_conv2d_add_relu = {
    .name = "conv2d_add_relu",
    .summary = "y = relu(conv2d(x, w) + b + residual)",
    .min_inputs = 4,
    .max_inputs = 4,
    .output_count = 1,
    .attribute_size = sizeof(lvk_conv2d_attributes),
    .batched_inputs = 9,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = lvk_conv_forward_candidates,
    .candidate_count = LVK_CONV_FORWARD_CANDIDATES,
    .gradient = gradient,
    .flops = lvk_conv_forward_flops,
};
