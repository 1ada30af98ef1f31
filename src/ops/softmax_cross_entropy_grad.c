/* softmax_cross_entropy_grad(z[N, K], labels[N, 2], dloss[1]) = dz[N, K], which is dloss weight
 * (softmax(z)[k] - (1 for the target, else 0)); see softmax_cross_entropy.h. */
#include "ops/op.h"
#include "ops/softmax_cross_entropy.h"
#include "params/softmax_cross_entropy.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_softmax_cross_entropy_expect(call));
    LVK_TRY(lvk_op_expect(call, 2, LVK_F32, 1));
    if (call->inputs[2].dim[0] != 1)
        return lvk_op_fail(call, "the loss has one gradient, not %u", (unsigned)call->inputs[2].dim[0]);
    call->outputs[0] = call->inputs[0];
    return LVK_OK;
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const uint32_t rows = call->inputs[0].dim[0];
    lvk_launch *grad = lvk_launch_add(list, "softmax_cross_entropy_grad");
    for (int i = 0; i < 3; ++i)
        lvk_launch_input(grad, LVK_BIND_STORAGE, i);
    lvk_launch_output(grad, LVK_BIND_STORAGE, 0);
    const lvk_softmax_cross_entropy_params params = {.rows = rows, .classes = call->inputs[0].dim[1]};
    lvk_launch_parameters(grad, &params, sizeof params);
    lvk_launch_groups(list, grad, lvk_divide_up(rows, LVK_FLAT_GROUP));
}

static const lvk_candidate candidates[] = {{.name = "rows", .launch = launch}};

const lvk_op lvk_op_softmax_cross_entropy_grad = {
    .name = "softmax_cross_entropy_grad",
    .summary = "dz[k] = dloss weight (softmax(z)[k] - (k == target))",
    .min_inputs = 3,
    .max_inputs = 3,
    .output_count = 1,
    .batched_inputs = 3,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
};
