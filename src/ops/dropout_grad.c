/* dropout_grad(dy, mask u8) = mask dy / (1 - rate). */
#include "ops/dropout.h"
#include "ops/op.h"
#include "params/scaled.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    LVK_TRY(lvk_op_expect(call, 1, LVK_U8, call->inputs[0].rank));
    call->outputs[0] = call->inputs[1];
    call->outputs[0].dtype = LVK_F32;
    if (!lvk_type_equal(&call->outputs[0], &call->inputs[0])) {
        char text[2][LVK_TYPE_TEXT];
        return lvk_op_fail(call, "a mask of %s for a gradient of %s",
                           lvk_type_text(&call->inputs[1], text[0]),
                           lvk_type_text(&call->inputs[0], text[1]));
    }
    return LVK_OK;
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    lvk_launch *dropout_grad = lvk_launch_flat(list, "dropout_grad", count);
    lvk_launch_input(dropout_grad, LVK_BIND_STORAGE, 0);
    lvk_launch_input(dropout_grad, LVK_BIND_STORAGE, 1);
    lvk_launch_output(dropout_grad, LVK_BIND_STORAGE, 0);
    const lvk_scaled_params params = {.count = (uint32_t)count,
                                      .factor = (float)lvk_dropout_scale(call->attributes)};
    lvk_launch_parameters(dropout_grad, &params, sizeof params);
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_dropout_grad = {
    .name = "dropout_grad",
    .summary = "dx = mask dy / (1 - rate)",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .attribute_size = sizeof(lvk_dropout_attributes),
    .batched_inputs = 3,
    .batched_outputs = 1,
    .in_place = true,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
};
