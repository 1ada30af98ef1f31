/* dense_relu(x, w, optional b) -> y = relu(dense(x, w, b)). */
#include "ops/conv_forward.h"

static void gradient(lvk_backprop *backprop) {
    lvk_dense_gradient(backprop, LVK_EMIT(backprop, LVK_OP_relu_grad, NULL, backprop->output_gradients[0],
                                          backprop->outputs[0]));
}

const lvk_op lvk_op_dense_relu = {
    .name = "dense_relu",
    .summary = "y = relu(dense(x, w) + b)",
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
