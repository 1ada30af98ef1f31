/* batchnorm_inference_grad_gamma(x[..,C], dy, mean[C], variance[C]) = dgamma[C]: see batchnorm.h. Takes the
 * whole batch at once. */
#include "ops/batchnorm.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect_equal(call, 0, 1));
    LVK_TRY(lvk_batchnorm_check(call, 2, 3));
    call->outputs[0] = call->inputs[2];
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_batchnorm_shape shape = lvk_batchnorm_shape_of(call);
    const lvk_operand dy = lvk_operand_input(1);
    lvk_batchnorm_add_sum(list, &shape, reads, lvk_operand_input(0), &dy, lvk_operand_input(2),
                          lvk_operand_input(3), 0, 1, 0);
}

static void texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    add_launches(call, list, LVK_BIND_TEXELS);
}

static void flat_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    add_launches(call, list, LVK_BIND_STORAGE);
}

static const lvk_candidate candidates[] = {
    {.name = "texels", .obstacle = lvk_op_texels_obstacle, .launch = texels_launch},
    {.name = "flat", .launch = flat_launch},
};

const lvk_op lvk_op_batchnorm_inference_grad_gamma = {
    .name = "batchnorm_inference_grad_gamma",
    .summary = "dgamma = sum of dy (x - mean) / sqrt(variance + epsilon)",
    .min_inputs = 4,
    .max_inputs = 4,
    .output_count = 1,
    .attribute_size = sizeof(lvk_batchnorm_attributes),
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
};
