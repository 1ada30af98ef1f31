/* dropout(x[N, ...], keys u32[N, 4]) = y, mask u8. y is x / (1 - rate) where the mask is 1 (kept), and 0
 * where it is 0. See dropout.h. */
#include "ops/dropout.h"

#include "core/random.h"
#include "ops/op.h"
#include "params/dropout.h"

static lvk_status infer(lvk_call *call) {
    const lvk_dropout_attributes *attributes = call->attributes;
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    LVK_TRY(lvk_op_expect(call, 1, LVK_U32, 2));
    if (!(attributes->rate >= 0 && attributes->rate < 1))
        return lvk_op_fail(call, "rate %g, expected 0 to less than 1", (double)attributes->rate);
    if (call->inputs[1].dim[0] != call->inputs[0].dim[0] || call->inputs[1].dim[1] != 4) {
        char text[2][LVK_TYPE_TEXT];
        return lvk_op_fail(call, "keys of %s for an input of %s, expected four a row",
                           lvk_type_text(&call->inputs[1], text[0]),
                           lvk_type_text(&call->inputs[0], text[1]));
    }
    call->outputs[0] = call->inputs[0];
    call->outputs[1] = call->inputs[0];
    call->outputs[1].dtype = LVK_U8;
    return LVK_OK;
}

static void launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_dropout_attributes *attributes = call->attributes;
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    const uint32_t row = (uint32_t)lvk_type_row_count(&call->outputs[0]);
    lvk_launch *dropout = lvk_launch_flat(list, "dropout", count);
    lvk_launch_input(dropout, LVK_BIND_STORAGE, 0);
    lvk_launch_input(dropout, LVK_BIND_STORAGE, 1);
    lvk_launch_output(dropout, LVK_BIND_STORAGE, 0);
    lvk_launch_output(dropout, LVK_BIND_STORAGE, 1);
    lvk_launch_constant(dropout, row % 4 == 0);
    const lvk_dropout_params params = {.count = (uint32_t)count,
                                       .row = row,
                                       .purpose = LVK_PURPOSE_DROPOUT + attributes->layer,
                                       .rate = attributes->rate,
                                       .scale = (float)lvk_dropout_scale(attributes)};
    lvk_launch_parameters(dropout, &params, sizeof params);
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] = LVK_EMIT(backprop, LVK_OP_dropout_grad, backprop->call->attributes,
                                            backprop->output_gradients[0], backprop->outputs[1]);
}

static const lvk_candidate candidates[] = {{.name = "flat", .launch = launch}};

const lvk_op lvk_op_dropout = {
    .name = "dropout",
    .summary = "y = mask x / (1 - rate), mask random",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 2,
    .attribute_size = sizeof(lvk_dropout_attributes),
    .batched_inputs = 3,
    .batched_outputs = 3,
    .in_place = true,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 1,
    .gradient = gradient,
};
