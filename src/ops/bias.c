/* bias(x[..., C], b[C]) = x + b along the last dimension. */
#include "params/bias.h"
#include "ops/op.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 0));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 1));
    const lvk_type *x = &call->inputs[0];
    if (call->inputs[1].dim[0] != x->dim[x->rank - 1]) {
        char text[LVK_TYPE_TEXT];
        return lvk_op_fail(call, "%u biases for an input of %s", (unsigned)call->inputs[1].dim[0],
                           lvk_type_text(x, text));
    }
    call->outputs[0] = *x;
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    const uint32_t channels = call->inputs[1].dim[0];
    lvk_launch *bias = lvk_launch_flat(list, LVK_TEXELS_OR_PLAIN(reads, "bias"), count);
    lvk_launch_input(bias, reads, 0);
    lvk_launch_input(bias, LVK_BIND_STORAGE, 1);
    lvk_launch_output(bias, LVK_BIND_STORAGE, 0);
    lvk_launch_constant(bias, channels % 4 == 0);
    const lvk_bias_params params = {.count = (uint32_t)count, .channels = channels};
    lvk_launch_parameters(bias, &params, sizeof params);
}

static void gradient(lvk_backprop *backprop) {
    backprop->input_gradients[0] = backprop->output_gradients[0];
    if (backprop->wanted[1])
        backprop->input_gradients[1] =
            LVK_EMIT(backprop, LVK_OP_bias_grad, NULL, backprop->output_gradients[0]);
}

LVK_TEXELS_PAIR("flat", lvk_op_texels_unsupported)

const lvk_op lvk_op_bias = {
    .name = "bias",
    .summary = "y[.., c] = x[.., c] + b[c]",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .batched_inputs = 1,
    .batched_outputs = 1,
    .in_place = true,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
    .gradient = gradient,
};
