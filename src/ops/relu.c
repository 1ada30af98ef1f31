/* relu(x) = max(x, 0), any shape. Its gradient is 0 at 0. NaN stays NaN, so that a diverged network shows. */
#include "ops/op.h"

static void texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_launch_elementwise(call, list, "relu_texels", LVK_BIND_TEXELS);
}

static void flat_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_launch_elementwise(call, list, "relu", LVK_BIND_STORAGE);
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] =
        LVK_EMIT(backprop, LVK_OP_relu_grad, NULL, backprop->output_gradients[0], backprop->outputs[0]);
}

static const lvk_candidate candidates[] = {
    {.name = "texels",
     .unsupported = lvk_op_texels_unsupported,
     .unsuited = lvk_op_for_cpus,
     .launch = texels_launch},
    {.name = "flat", .launch = flat_launch},
};

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
