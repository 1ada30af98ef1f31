/* batchnorm_inference_grad_input(dy[..,C], gamma[C], variance[C]) = dx: see batchnorm.h. */
#include "ops/batchnorm.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_batchnorm_check(call, 1, 2));
    call->outputs[0] = call->inputs[0];
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_batchnorm_shape shape = lvk_batchnorm_shape_of(call);
    const lvk_operand dy = lvk_operand_input(0), gamma = lvk_operand_input(1),
                      variance = lvk_operand_input(2);
    /* neither beta nor mean is looked at in this form: anything may stand there */
    const lvk_batchnorm_vectors vectors = {
        .gamma = gamma, .beta = gamma, .mean = gamma, .variance = variance};
    lvk_batchnorm_add_coefficients(list, &shape, &vectors);
    lvk_batchnorm_add_apply(list, &shape, reads, LVK_BATCHNORM_SCALED, dy, dy);
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
