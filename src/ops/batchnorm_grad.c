/* batchnorm_grad(dy, x, gamma[C], mean[C], variance[C]) = dx, dgamma[C], dbeta[C]: the gradient through the
 * batch's own statistics, where mean and variance are those of x; see batchnorm.h. With s = 1 / sqrt(variance
 * + epsilon),
 *
 *     dbeta = sum of dy;   dgamma = sum of dy (x - mean) s
 *     dx = gamma s (dy - dbeta / n - (x - mean) s dgamma / n)
 *
 * dy is the first input so that dx may take the place of dy. */
#include "ops/batchnorm.h"
#include "ops/op.h"
#include "ops/sum_rows.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_batchnorm_expect(call, 0, 2));
    LVK_TRY(lvk_op_expect_equal(call, 0, 1));
    call->outputs[0] = call->inputs[0];
    call->outputs[1] = call->outputs[2] = call->inputs[2];
    return LVK_OK;
}

void lvk_batchnorm_sum(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads, int mean) {
    const lvk_batchnorm_params params = lvk_batchnorm_describe(call, 0);
    lvk_launch *sums = lvk_launch_add(list, LVK_TEXELS_OR_PLAIN(reads, "batchnorm_sums"));
    lvk_launch_input(sums, reads, 0);
    lvk_launch_input(sums, reads, 1);
    lvk_launch_input(sums, reads, mean);
    lvk_launch_scratch(sums, LVK_BIND_STORAGE, 1);
    lvk_launch_constant(sums, params.channels % 4 == 0);
    lvk_launch_parameters(sums, &params, sizeof params);
    lvk_launch_groups(list, sums, lvk_divide_up((uint64_t)params.splits * params.lanes, LVK_FLAT_GROUP));
    const uint64_t columns = 8 * (uint64_t)params.stride;
    list->scratch_size[1] = sizeof(float) * columns * params.splits;
    lvk_launch_sum_rows_kept(list, 1, params.splits, columns, 0, 2);
}

/* Adds a launch of `shader`, one of those whose invocations handle four channels each. Its first binding is
 * the sums in scratch 0. */
static lvk_launch *add_channels(const lvk_call *call, lvk_launch_list *list, const char *shader) {
    const lvk_batchnorm_params params = lvk_batchnorm_describe(call, 0);
    lvk_launch *launch = lvk_launch_flat(list, shader, 4 * (uint64_t)params.stride);
    lvk_launch_scratch(launch, LVK_BIND_STORAGE, 0);
    lvk_launch_parameters(launch, &params, sizeof params);
    return launch;
}

void lvk_batchnorm_grad_gamma(const lvk_call *call, lvk_launch_list *list, int variance, int output) {
    lvk_launch *gamma = add_channels(call, list, "batchnorm_grad_gamma");
    lvk_launch_input(gamma, LVK_BIND_STORAGE, variance);
    lvk_launch_output(gamma, LVK_BIND_STORAGE, output);
}

enum { COEFFICIENTS = 4 }; /* the scratch buffer of the coefficients */

/* At most seven launches: three for the sums, and four that bind at most four operands each. */
static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_batchnorm_params params = lvk_batchnorm_describe(call, 0);
    lvk_batchnorm_sum(call, list, reads, 3);
    lvk_batchnorm_grad_gamma(call, list, 4, 1);
    list->scratch_size[COEFFICIENTS] = 4 * sizeof(float[4]) * params.stride;
    lvk_launch *scale = add_channels(call, list, "batchnorm_grad_scale");
    lvk_launch_input(scale, LVK_BIND_STORAGE, 2);
    lvk_launch_input(scale, LVK_BIND_STORAGE, 4);
    lvk_launch_scratch(scale, LVK_BIND_STORAGE, COEFFICIENTS);
    lvk_launch *beta = add_channels(call, list, "batchnorm_grad_beta");
    lvk_launch_input(beta, LVK_BIND_STORAGE, 3);
    lvk_launch_output(beta, LVK_BIND_STORAGE, 2);
    lvk_launch_scratch(beta, LVK_BIND_STORAGE, COEFFICIENTS);

    lvk_launch *grad = lvk_launch_flat(list, LVK_TEXELS_OR_PLAIN(reads, "batchnorm_grad"), params.count);
    lvk_launch_input(grad, reads, 0);
    lvk_launch_input(grad, reads, 1);
    lvk_launch_scratch(grad, reads, COEFFICIENTS);
    lvk_launch_output(grad, LVK_BIND_STORAGE, 0);
    lvk_launch_constant(grad, params.channels % 4 == 0);
    lvk_launch_parameters(grad, &params, sizeof params);
}

LVK_TEXELS_PAIR("flat", lvk_batchnorm_texels_unsupported)

const lvk_op lvk_op_batchnorm_grad = {
    .name = "batchnorm_grad",
    .summary = "dx, dgamma, dbeta of batchnorm, through the batch's mean and variance",
    .min_inputs = 5,
    .max_inputs = 5,
    .output_count = 3,
    .attribute_size = sizeof(lvk_batchnorm_attributes),
    .in_place = true,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
};
