/* relu_grad(dy, y): the gradient of y = relu(x), which passes where y > 0. dy comes first so that dx may take
 * its place. */
#include "ops/op.h"

static void texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_launch_elementwise(call, list, "relu_grad_texels", LVK_BIND_TEXELS);
}

static void flat_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_launch_elementwise(call, list, "relu_grad", LVK_BIND_STORAGE);
}

static const lvk_candidate candidates[] = {
    {.name = "texels",
     .unsupported = lvk_op_texels_unsupported,
     .unsuited = lvk_op_for_cpus,
     .launch = texels_launch},
    {.name = "flat", .launch = flat_launch},
};

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
