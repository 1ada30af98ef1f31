/* batchnorm_inference(x[N,C] or [N,H,W,C], gamma[C], beta[C], mean[C], variance[C]) = y, with given
 * statistics; see batchnorm.h. The gradient treats mean and variance as constants. variance + epsilon must be
 * positive. */
#include "ops/batchnorm.h"
#include "ops/op.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_batchnorm_expect(call, 0, 1));
    call->outputs[0] = call->inputs[0];
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    lvk_batchnorm_normalize(call, list, reads, LVK_SPACE_INPUT, 3);
}

static void gradient(lvk_backprop *backprop) {
    const void *attributes = backprop->call->attributes;
    const int dy = backprop->output_gradients[0], *inputs = backprop->inputs;
    if (backprop->wanted[0])
        backprop->input_gradients[0] =
            LVK_EMIT(backprop, LVK_OP_batchnorm_inference_grad_input, attributes, dy, inputs[1], inputs[4]);
    if (backprop->wanted[1])
        backprop->input_gradients[1] = LVK_EMIT(backprop, LVK_OP_batchnorm_inference_grad_gamma, attributes,
                                                dy, inputs[0], inputs[3], inputs[4]);
    if (backprop->wanted[2])
        backprop->input_gradients[2] = LVK_EMIT(backprop, LVK_OP_bias_grad, NULL, dy);
}

LVK_TEXELS_PAIR("flat", lvk_batchnorm_texels_unsupported)

const lvk_op lvk_op_batchnorm_inference = {
    .name = "batchnorm_inference",
    .summary = "y = gamma (x - mean) / sqrt(variance + epsilon) + beta",
    .min_inputs = 5,
    .max_inputs = 5,
    .output_count = 1,
    .attribute_size = sizeof(lvk_batchnorm_attributes),
    .batched_inputs = 1,
    .batched_outputs = 1,
    .in_place = true,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
    .gradient = gradient,
};
