/* add(a, b) = a + b, of one type: residual connections, sums of losses and of gradients. */
#include "ops/op.h"
#include "params/elementwise.h"

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    lvk_launch *add = lvk_launch_flat(list, "add", count);
    lvk_launch_input(add, LVK_BIND_STORAGE, 0);
    lvk_launch_input(add, LVK_BIND_STORAGE, 1);
    lvk_launch_output(add, LVK_BIND_STORAGE, 0);
    const lvk_elementwise_params params = {.count = (uint32_t)count};
    lvk_launch_parameters(add, &params, sizeof params);
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] = backprop->output_gradients[0];
    backprop->input_gradients[1] = backprop->output_gradients[0];
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

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
    .candidate_count = 1,
    .gradient = gradient,
};
