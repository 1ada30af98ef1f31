/* add(a, b) = a + b for tensors of one type. Residual connections, and sums of losses and of gradients, use
 * it. */
#include "ops/op.h"

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    lvk_launch_elementwise(call, list, LVK_TEXELS_OR_PLAIN(reads, "add"), reads);
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] = backprop->output_gradients[0];
    backprop->input_gradients[1] = backprop->output_gradients[0];
}

LVK_TEXELS_PAIR("flat", lvk_op_texels_unsupported)

const lvk_op lvk_op_add = {
    .name = "add",
    .summary = "y = a + b",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .batched_inputs = 3,
    .batched_outputs = 1,
    .in_place = true,
    .infer = lvk_op_infer_same,
    .candidates = candidates,
    .candidate_count = 2,
    .gradient = gradient,
};
