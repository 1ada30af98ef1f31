/* add(a, b) = a + b, of one type: residual connections, sums of losses and of gradients. */
#include "ops/op.h"

static void texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_launch_elementwise(call, list, "add_texels", LVK_BIND_TEXELS);
}

static void flat_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_launch_elementwise(call, list, "add", LVK_BIND_STORAGE);
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] = backprop->output_gradients[0];
    backprop->input_gradients[1] = backprop->output_gradients[0];
}

static const lvk_candidate candidates[] = {
    {.name = "texels",
     .unsupported = lvk_op_texels_unsupported,
     .unsuited = lvk_op_for_cpus,
     .launch = texels_launch},
    {.name = "flat", .launch = flat_launch},
};

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
