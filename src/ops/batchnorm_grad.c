/* batchnorm_grad(x[..,C], dy, gamma[C], mean[C], variance[C]) = dx, dgamma[C], dbeta[C]: see batchnorm.h.
 * Takes the whole batch at once. */
#include "ops/batchnorm.h"

#include "ops/sum_rows.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect_equal(call, 0, 1));
    LVK_TRY(lvk_batchnorm_check(call, 2, 4));
    call->outputs[0] = call->inputs[0];
    call->outputs[1] = call->outputs[2] = call->inputs[2];
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_batchnorm_shape shape = lvk_batchnorm_shape_of(call);
    const lvk_operand x = lvk_operand_input(0), dy = lvk_operand_input(1), mean = lvk_operand_input(3),
                      variance = lvk_operand_input(4), gamma_gradient = lvk_operand_output(1);
    lvk_batchnorm_add_sum(list, &shape, reads, x, &dy, mean, variance, 1, 1, 0);
    lvk_launch_scaled_sum_rows(list, reads, LVK_SPACE_INPUT, 1, shape.rows, shape.channels, 2, 1, 2);
    const lvk_batchnorm_vectors vectors = {.gamma = lvk_operand_input(2),
                                           .beta = lvk_operand_output(2),
                                           .mean = mean,
                                           .variance = variance,
                                           .gamma_gradient = &gamma_gradient};
    lvk_batchnorm_add_coefficients(list, &shape, &vectors);
    lvk_batchnorm_add_apply(list, &shape, reads, LVK_BATCHNORM_GRADIENT, x, dy);
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

const lvk_op lvk_op_batchnorm_grad = {
    .name = "batchnorm_grad",
    .summary = "gradients of batchnorm",
    .min_inputs = 5,
    .max_inputs = 5,
    .output_count = 3,
    .attribute_size = sizeof(lvk_batchnorm_attributes),
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
};
