/* sigmoid(x) = 1 / (1 + exp(-x)) for any shape. Nothing overflows for large |x|. */
#include "ops/op.h"

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_launch_elementwise(call, list, "sigmoid", LVK_BIND_STORAGE);
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] =
        LVK_EMIT(backprop, LVK_OP_sigmoid_grad, NULL, backprop->output_gradients[0], backprop->outputs[0]);
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_sigmoid = {
    .name = "sigmoid",
    .summary = "y = 1 / (1 + exp(-x))",
    .min_inputs = 1,
    .max_inputs = 1,
    .output_count = 1,
    .batched_inputs = 1,
    .batched_outputs = 1,
    .in_place = true,
    .infer = lvk_op_infer_same,
    .candidates = candidates,
    .candidate_count = 1,
    .gradient = gradient,
};
