/* global_average_pool(x[N,H,W,C]) = y[N,C], the mean over H and W. */
#include "ops/global_average_pool.h"
#include "ops/op.h"
#include "params/global_average_pool.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 4));
    call->outputs[0] = lvk_type_2d(LVK_F32, call->inputs[0].dim[0], call->inputs[0].dim[3]);
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_type *x = &call->inputs[0];
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    const uint32_t area = x->dim[1] * x->dim[2];
    lvk_launch *pool = lvk_launch_flat(list, LVK_TEXELS_OR_PLAIN(reads, "global_average_pool"), count);
    lvk_launch_input(pool, reads, 0);
    lvk_launch_output(pool, LVK_BIND_STORAGE, 0);
    lvk_launch_constant(pool, x->dim[3] % 4 == 0);
    const lvk_global_average_pool_params params = {
        .count = (uint32_t)count, .channels = x->dim[3], .area = area, .factor = (float)(1.0 / area)};
    lvk_launch_parameters(pool, &params, sizeof params);
}

static void gradient(lvk_backprop *backprop) {
    const lvk_type *x = &backprop->call->inputs[0];
    const lvk_global_average_pool_grad_attributes attributes = {.input_h = x->dim[1], .input_w = x->dim[2]};
    backprop->input_gradients[0] =
        LVK_EMIT(backprop, LVK_OP_global_average_pool_grad, &attributes, backprop->output_gradients[0]);
}

LVK_TEXELS_PAIR("flat", lvk_op_texels_unsupported)

const lvk_op lvk_op_global_average_pool = {
    .name = "global_average_pool",
    .summary = "y[n, c] = mean of x[n, .., c]",
    .min_inputs = 1,
    .max_inputs = 1,
    .output_count = 1,
    .batched_inputs = 1,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
    .gradient = gradient,
};
