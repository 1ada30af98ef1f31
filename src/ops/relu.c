/* relu(x) = max(x, 0) for any shape. Its gradient at 0 is 0. NaN stays NaN, so that divergence of a training
 * is noticed. */
#include "ops/op.h"

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    lvk_launch_elementwise(call, list, LVK_TEXELS_OR_PLAIN(reads, "relu"), reads);
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] =
        LVK_EMIT(backprop, LVK_OP_relu_grad, NULL, backprop->output_gradients[0], backprop->outputs[0]);
}

LVK_TEXELS_PAIR("flat", lvk_op_texels_unsupported)

const lvk_op lvk_op_relu = {
    .name = "relu",
    .summary = "y = max(x, 0)",
    .min_inputs = 1,
    .max_inputs = 1,
    .output_count = 1,
    .batched_inputs = 1,
    .batched_outputs = 1,
    .in_place = true,
    .infer = lvk_op_infer_same,
    .candidates = candidates,
    .candidate_count = 2,
    .gradient = gradient,
};
