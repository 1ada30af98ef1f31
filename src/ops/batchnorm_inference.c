/* batchnorm_inference(x[..,C], gamma[C], beta[C], mean[C], variance[C]) = y: see batchnorm.h. */
#include "ops/batchnorm.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_batchnorm_check(call, 1, 4));
    call->outputs[0] = call->inputs[0];
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_batchnorm_shape shape = lvk_batchnorm_shape_of(call);
    const lvk_operand x = lvk_operand_input(0);
    const lvk_batchnorm_vectors vectors = {.gamma = lvk_operand_input(1),
                                           .beta = lvk_operand_input(2),
                                           .mean = lvk_operand_input(3),
                                           .variance = lvk_operand_input(4)};
    lvk_batchnorm_add_coefficients(list, &shape, &vectors);
    lvk_batchnorm_add_apply(list, &shape, reads, LVK_BATCHNORM_FORWARD, x, x);
}

static void texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    add_launches(call, list, LVK_BIND_TEXELS);
}

static void flat_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    add_launches(call, list, LVK_BIND_STORAGE);
}

static void gradient(lvk_backprop *backprop) {
    const void *attributes = backprop->call->attributes;
    const int dy = backprop->output_gradients[0];
    if (backprop->wanted[0])
        backprop->input_gradients[0] = LVK_EMIT(backprop, LVK_OP_batchnorm_inference_grad_input, attributes,
                                                dy, backprop->inputs[1], backprop->inputs[4]);
    if (backprop->wanted[1])
        backprop->input_gradients[1] =
            LVK_EMIT(backprop, LVK_OP_batchnorm_inference_grad_gamma, attributes, backprop->inputs[0], dy,
                     backprop->inputs[3], backprop->inputs[4]);
    if (backprop->wanted[2])
        backprop->input_gradients[2] = LVK_EMIT(backprop, LVK_OP_bias_grad, NULL, dy);
}

static const lvk_candidate candidates[] = {
    {.name = "texels", .obstacle = lvk_op_texels_obstacle, .launch = texels_launch},
    {.name = "flat", .launch = flat_launch},
};

const lvk_op lvk_op_batchnorm_inference = {
    .name = "batchnorm_inference",
    .summary = "y = (x - mean) / sqrt(variance + epsilon) gamma + beta",
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
