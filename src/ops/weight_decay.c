/* weight_decay(w, hyper[8]) = w - hyper[4] w, in the place of w: AdamW's decoupled decay of one parameter,
 * before the step of adam.h. hyper[4] is learning rate times weight decay. It is an operator of its own,
 * since not every parameter decays: kernels decay, biases and parameters of norms do not. */
#include "ops/optimizer.h"

#include "params/elementwise.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 1));
    if (call->inputs[1].dim[0] != LVK_HYPER_COUNT)
        return lvk_op_fail(call, "%u hyperparameters, expected %d", (unsigned)call->inputs[1].dim[0],
                           LVK_HYPER_COUNT);
    call->outputs[0] = call->inputs[0];
    return LVK_OK;
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const uint64_t count = lvk_type_count(&call->inputs[0]);
    lvk_launch *decay = lvk_launch_flat(list, "weight_decay", count);
    lvk_launch_output(decay, LVK_BIND_STORAGE, 0);
    lvk_launch_input(decay, LVK_BIND_UNIFORM, 1);
    const lvk_elementwise_params params = {.count = (uint32_t)count};
    lvk_launch_parameters(decay, &params, sizeof params);
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_weight_decay = {
    .name = "weight_decay",
    .summary = "w = w - lr decay w",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .batched_inputs = 1, /* rows are independent, whatever dimension 0 is */
    .batched_outputs = 1,
    .alias = {1},
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
};
