/* conv2d_relu(x, w, optional b) -> y = relu(conv2d(x, w, b)). */
#include "ops/conv_forward.h"

static void gradient(lvk_backprop *backprop) {
    lvk_conv2d_gradient(backprop, LVK_EMIT(backprop, LVK_OP_relu_grad, NULL, backprop->output_gradients[0],
                                           backprop->outputs[0]));
}

const lvk_op lvk_op_conv2d_relu = {
    .name = "conv2d_relu",
    .summary = "y = relu(conv2d(x, w) + b)",
    .min_inputs = 2,
    .max_inputs = 3,
    .output_count = 1,
    .attribute_size = sizeof(lvk_conv2d_attributes),
    .batched_inputs = 1,
    .batched_outputs = 1,
    .infer = lvk_conv2d_infer,
    .candidates = lvk_conv_forward_candidates,
    .candidate_count = LVK_CONV_FORWARD_CANDIDATES,
    .gradient = gradient,
    .flops = lvk_conv_forward_flops,
};
