/* bce_grad(z[N, 1], labels[N, 2], dloss[1]) = dz[N, 1] = dloss weight (sigmoid(z) - target); see bce.h. */
#include "ops/bce.h"
#include "ops/op.h"
#include "params/bce.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_bce_expect(call));
    LVK_TRY(lvk_op_expect(call, 2, LVK_F32, 1));
    if (call->inputs[2].dim[0] != 1)
        return lvk_op_fail(call, "the loss has one gradient, not %u", (unsigned)call->inputs[2].dim[0]);
    call->outputs[0] = call->inputs[0];
    return LVK_OK;
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const uint32_t rows = call->inputs[0].dim[0];
    lvk_launch *bce_grad = lvk_launch_add(list, "bce_grad");
    lvk_launch_input(bce_grad, LVK_BIND_STORAGE, 0);
    lvk_launch_input(bce_grad, LVK_BIND_STORAGE, 1);
    lvk_launch_input(bce_grad, LVK_BIND_STORAGE, 2);
    lvk_launch_output(bce_grad, LVK_BIND_STORAGE, 0);
    const lvk_bce_params params = {.rows = rows};
    lvk_launch_parameters(bce_grad, &params, sizeof params);
    lvk_launch_groups(list, bce_grad, lvk_divide_up(rows, LVK_FLAT_GROUP));
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_bce_grad = {
    .name = "bce_grad",
    .summary = "dz = dloss weight (sigmoid(z) - y)",
    .min_inputs = 3,
    .max_inputs = 3,
    .output_count = 1,
    .batched_inputs = 3,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
};
