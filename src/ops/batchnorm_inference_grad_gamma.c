/* batchnorm_inference_grad_gamma(dy, x, mean[C], variance[C]) = dgamma[C], the sum of dy (x - mean) /
 * sqrt(variance + epsilon); see batchnorm.h. Operator bias_grad computes the gradient of beta. */
#include "ops/batchnorm.h"
#include "ops/op.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_batchnorm_expect(call, 0, 2));
    LVK_TRY(lvk_op_expect_equal(call, 0, 1));
    call->outputs[0] = call->inputs[2];
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    lvk_batchnorm_sum(call, list, reads, 2);
    lvk_batchnorm_grad_gamma(call, list, 3, 0);
}

LVK_TEXELS_PAIR("flat", lvk_op_texels_unsupported)

const lvk_op lvk_op_batchnorm_inference_grad_gamma = {
    .name = "batchnorm_inference_grad_gamma",
    .summary = "dgamma = sum of dy (x - mean) / sqrt(variance + epsilon)",
    .min_inputs = 4,
    .max_inputs = 4,
    .output_count = 1,
    .attribute_size = sizeof(lvk_batchnorm_attributes),
    .batched_inputs = 3,
    .summed_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
};
