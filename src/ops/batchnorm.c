/* batchnorm(x[N,C] or [N,H,W,C], gamma[C], beta[C]) = y, mean[C], variance[C], with the batch's own
 * statistics; see batchnorm.h. The outputs mean and variance serve moving averages, and take no gradient:
 * gradients flow through y alone. */
#include "ops/batchnorm.h"
#include "ops/op.h"
#include "ops/sum_rows.h"

#include <math.h>

lvk_status lvk_batchnorm_expect(const lvk_call *call, int x, int first) {
    const lvk_batchnorm_attributes *attributes = call->attributes;
    const lvk_type *type = &call->inputs[x];
    char text[LVK_TYPE_TEXT];
    if (!isfinite(attributes->epsilon) || attributes->epsilon <= 0)
        return lvk_op_fail(call, "epsilon %g, expected a positive number", (double)attributes->epsilon);
    LVK_TRY(lvk_op_expect(call, x, LVK_F32, 0));
    if (type->rank != 2 && type->rank != 4)
        return lvk_op_fail(call, "input %d is %s, expected 2 or 4 dimensions", x, lvk_type_text(type, text));
    for (int i = first; i < call->input_count; ++i) {
        LVK_TRY(lvk_op_expect(call, i, LVK_F32, 1));
        if (call->inputs[i].dim[0] != type->dim[type->rank - 1])
            return lvk_op_fail(call, "input %d has %u channels, unlike input %d, %s", i,
                               (unsigned)call->inputs[i].dim[0], x, lvk_type_text(type, text));
    }
    return LVK_OK;
}

lvk_batchnorm_params lvk_batchnorm_describe(const lvk_call *call, int x) {
    const lvk_type *type = &call->inputs[x];
    const uint64_t count = lvk_type_count(type);
    const uint32_t channels = type->dim[type->rank - 1], rows = (uint32_t)(count / channels);
    const uint32_t lanes = channels % 4 == 0 ? channels / 4 : channels;
    return (lvk_batchnorm_params){.count = (uint32_t)count,
                                  .channels = channels,
                                  .stride = (uint32_t)lvk_divide_up(channels, 4),
                                  .rows = rows,
                                  .lanes = lanes,
                                  .splits = lvk_sum_splits(rows),
                                  .accumulate = call->accumulate,
                                  .factor = (float)(1.0 / rows),
                                  .epsilon = ((const lvk_batchnorm_attributes *)call->attributes)->epsilon};
}

const char *lvk_batchnorm_texels_unsupported(const lvk_call *call, const lvk_caps *caps) {
    const char *reason = lvk_op_texels_unsupported(call, caps);
    const lvk_type *x = &call->inputs[0];
    if (!reason && 4 * lvk_divide_up(x->dim[x->rank - 1], 4) > caps->max_texels)
        reason = "the coefficients exceed the device's largest texel buffer";
    return reason;
}

static void bind(lvk_launch *launch, lvk_binding_kind kind, lvk_binding_space space, int index) {
    if (space == LVK_SPACE_INPUT)
        lvk_launch_input(launch, kind, index);
    else
        lvk_launch_output(launch, kind, index);
}

void lvk_batchnorm_normalize(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads,
                             lvk_binding_space space, int mean) {
    const lvk_batchnorm_params params = lvk_batchnorm_describe(call, 0);
    /* There are six operands, but Vulkan guarantees only four bindings. A launch of its own therefore
     * combines gamma, beta and the variance into coefficients. */
    lvk_launch *coefficients = lvk_launch_flat(list, "batchnorm_coefficients", 4 * (uint64_t)params.stride);
    lvk_launch_input(coefficients, LVK_BIND_STORAGE, 1);
    bind(coefficients, LVK_BIND_STORAGE, space, mean + 1);
    lvk_launch_input(coefficients, LVK_BIND_STORAGE, 2);
    lvk_launch_scratch(coefficients, LVK_BIND_STORAGE, 0);
    lvk_launch_parameters(coefficients, &params, sizeof params);
    list->scratch_size[0] = 2 * sizeof(float[4]) * params.stride;

    lvk_launch *normalize =
        lvk_launch_flat(list, LVK_TEXELS_OR_PLAIN(reads, "batchnorm_normalize"), params.count);
    lvk_launch_input(normalize, reads, 0);
    bind(normalize, reads, space, mean);
    lvk_launch_scratch(normalize, reads, 0);
    lvk_launch_output(normalize, LVK_BIND_STORAGE, 0);
    lvk_launch_constant(normalize, params.channels % 4 == 0);
    lvk_launch_parameters(normalize, &params, sizeof params);
}

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_batchnorm_expect(call, 0, 1));
    call->outputs[0] = call->inputs[0];
    call->outputs[1] = call->outputs[2] = call->inputs[1];
    return LVK_OK;
}

/* At most eight launches: three for the mean, three for the variance, two to normalize. */
static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_batchnorm_params params = lvk_batchnorm_describe(call, 0);
    lvk_launch_sum_rows_scaled(list, reads, LVK_SPACE_INPUT, 0, params.rows, params.channels, 1,
                               params.factor, 1);
    lvk_launch *squares = lvk_launch_add(list, LVK_TEXELS_OR_PLAIN(reads, "batchnorm_squares"));
    lvk_launch_input(squares, reads, 0);
    lvk_launch_output(squares, reads, 1);
    lvk_launch_scratch(squares, LVK_BIND_STORAGE, 3);
    lvk_launch_constant(squares, params.channels % 4 == 0);
    lvk_launch_parameters(squares, &params, sizeof params);
    lvk_launch_groups(list, squares, lvk_divide_up((uint64_t)params.splits * params.lanes, LVK_FLAT_GROUP));
    list->scratch_size[3] = sizeof(float[4]) * params.stride * params.splits;
    lvk_launch_sum_rows_scaled(list, LVK_BIND_STORAGE, LVK_SPACE_SCRATCH, 3, params.splits,
                               4 * (uint64_t)params.stride, 2, params.factor, 4);
    lvk_batchnorm_normalize(call, list, reads, LVK_SPACE_OUTPUT, 1);
}

static void gradient(lvk_backprop *backprop) {
    if (backprop->output_gradients[0] == LVK_NONE)
        return;
    const int first =
        LVK_EMIT(backprop, LVK_OP_batchnorm_grad, backprop->call->attributes, backprop->output_gradients[0],
                 backprop->inputs[0], backprop->inputs[1], backprop->outputs[1], backprop->outputs[2]);
    for (int i = 0; i < 3; ++i)
        backprop->input_gradients[i] = backprop->output(backprop, first, i);
}

LVK_TEXELS_PAIR("flat", lvk_batchnorm_texels_unsupported)

const lvk_op lvk_op_batchnorm = {
    .name = "batchnorm",
    .summary = "y = gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance of x",
    .min_inputs = 3,
    .max_inputs = 3,
    .output_count = 3,
    .attribute_size = sizeof(lvk_batchnorm_attributes),
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
    .gradient = gradient,
};
