/* relu_grad(dy, y): the gradient of y = relu(x), which passes where y > 0. dy comes first so that dx may take
 * its place. */
#include "ops/op.h"
#include "params/elementwise.h"

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    lvk_launch *relu_grad = lvk_launch_flat(list, "relu_grad", count);
    lvk_launch_input(relu_grad, LVK_BIND_STORAGE, 0);
    lvk_launch_input(relu_grad, LVK_BIND_STORAGE, 1);
    lvk_launch_output(relu_grad, LVK_BIND_STORAGE, 0);
    const lvk_elementwise_params params = {.count = (uint32_t)count};
    lvk_launch_parameters(relu_grad, &params, sizeof params);
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

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
    .candidate_count = 1,
};
