/* batchnorm_inference_grad_input(dy, gamma[C], variance[C]) = dx = dy gamma / sqrt(variance + epsilon); see
 * batchnorm.h. dy is the first input so that dx may take the place of dy. */
#include "ops/batchnorm.h"
#include "ops/op.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_batchnorm_expect(call, 0, 1));
    call->outputs[0] = call->inputs[0];
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_batchnorm_params params = lvk_batchnorm_describe(call, 0);
    lvk_launch *grad =
        lvk_launch_flat(list, LVK_TEXELS_OR_PLAIN(reads, "batchnorm_inference_grad_input"), params.count);
    for (int i = 0; i < call->input_count; ++i)
        lvk_launch_input(grad, reads, i);
    lvk_launch_output(grad, LVK_BIND_STORAGE, 0);
    lvk_launch_constant(grad, params.channels % 4 == 0);
    lvk_launch_parameters(grad, &params, sizeof params);
}

LVK_TEXELS_PAIR("flat", lvk_op_texels_unsupported)

const lvk_op lvk_op_batchnorm_inference_grad_input = {
    .name = "batchnorm_inference_grad_input",
    .summary = "dx = dy gamma / sqrt(variance + epsilon)",
    .min_inputs = 3,
    .max_inputs = 3,
    .output_count = 1,
    .attribute_size = sizeof(lvk_batchnorm_attributes),
    .batched_inputs = 1,
    .batched_outputs = 1,
    .in_place = true,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
};
