/* batchnorm(x[..,C], gamma[C], beta[C]) = y, mean[C], variance[C]: see batchnorm.h. The gradient is that of y
 * alone: mean and variance are for running averages and for the gradient's operator. Takes the whole batch at
 * once. */
#include "ops/batchnorm.h"

#include "ops/sum_rows.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_batchnorm_check(call, 1, 2));
    call->outputs[0] = call->inputs[0];
    call->outputs[1] = call->outputs[2] = call->inputs[1];
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_batchnorm_shape shape = lvk_batchnorm_shape_of(call);
    const lvk_operand x = lvk_operand_input(0), mean = lvk_operand_output(1),
                      variance = lvk_operand_output(2);
    const float share = 1 / (float)shape.rows;
    lvk_launch_scaled_sum_rows(list, reads, LVK_SPACE_INPUT, 0, shape.rows, shape.channels, 1, share, 0);
    lvk_batchnorm_add_sum(list, &shape, reads, x, NULL, mean, variance, 2, share, 2);
    const lvk_batchnorm_vectors vectors = {
        .gamma = lvk_operand_input(1), .beta = lvk_operand_input(2), .mean = mean, .variance = variance};
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
    const int first = LVK_EMIT(backprop, LVK_OP_batchnorm_grad, backprop->call->attributes,
                               backprop->inputs[0], backprop->output_gradients[0], backprop->inputs[1],
                               backprop->outputs[1], backprop->outputs[2]);
    for (int i = 0; i < 3; ++i)
        backprop->input_gradients[i] = backprop->output(backprop, first, i);
}

static const lvk_candidate candidates[] = {
    {.name = "texels", .obstacle = lvk_op_texels_obstacle, .launch = texels_launch},
    {.name = "flat", .launch = flat_launch},
};

const lvk_op lvk_op_batchnorm = {
    .name = "batchnorm",
    .summary = "y = (x - mean) / sqrt(variance + epsilon) gamma + beta, of the batch",
    .min_inputs = 3,
    .max_inputs = 3,
    .output_count = 3,
    .attribute_size = sizeof(lvk_batchnorm_attributes),
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
    .gradient = gradient,
};
