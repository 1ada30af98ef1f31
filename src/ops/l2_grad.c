/* l2_grad(w, dloss[1]) = 2 lambda w dloss; see l2.h. */
#include "ops/l2.h"
#include "ops/op.h"
#include "params/scaled.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 1));
    if (call->inputs[1].dim[0] != 1)
        return lvk_op_fail(call, "the loss has one gradient, not %u", (unsigned)call->inputs[1].dim[0]);
    call->outputs[0] = call->inputs[0];
    return LVK_OK;
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_l2_attributes *attributes = call->attributes;
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    lvk_launch *l2_grad = lvk_launch_flat(list, "l2_grad", count);
    lvk_launch_input(l2_grad, LVK_BIND_STORAGE, 0);
    lvk_launch_input(l2_grad, LVK_BIND_STORAGE, 1);
    lvk_launch_output(l2_grad, LVK_BIND_STORAGE, 0);
    const lvk_scaled_params params = {.count = (uint32_t)count, .factor = 2 * attributes->lambda};
    lvk_launch_parameters(l2_grad, &params, sizeof params);
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_l2_grad = {
    .name = "l2_grad",
    .summary = "dw = 2 lambda w dloss",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .attribute_size = sizeof(lvk_l2_attributes),
    .batched_inputs = 1,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
};
