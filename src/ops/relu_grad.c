/* relu_grad(dy, y) = dx, the gradient of y = relu(x): dy where y > 0, else 0. dy is the first input so that
 * dx may take the place of dy. */
#include "ops/op.h"

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    lvk_launch_elementwise(call, list, LVK_TEXELS_OR_PLAIN(reads, "relu_grad"), reads);
}

LVK_TEXELS_PAIR("flat", lvk_op_texels_unsupported)

const lvk_op lvk_op_relu_grad = {
    .name = "relu_grad",
    .summary = "dx = y > 0 ? dy : 0",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .batched_inputs = 3,
    .batched_outputs = 1,
    .in_place = true,
    .infer = lvk_op_infer_same,
    .candidates = candidates,
    .candidate_count = 2,
};
