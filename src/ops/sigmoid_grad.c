/* sigmoid_grad(dy, y) = dx = dy y (1 - y), the gradient of y = sigmoid(x). dy is the first input so that dx
 * may take the place of dy. */
#include "ops/op.h"

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_launch_elementwise(call, list, "sigmoid_grad", LVK_BIND_STORAGE);
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_sigmoid_grad = {
    .name = "sigmoid_grad",
    .summary = "dx = dy y (1 - y)",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .batched_inputs = 3,
    .batched_outputs = 1,
    .in_place = true,
    .infer = lvk_op_infer_same,
    .candidates = candidates,
    .candidate_count = 1,
};
