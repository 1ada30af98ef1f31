/* global_average_pool_grad(dy[N,C]) = dx[N,H,W,C], which is dy / (H W) at every pixel. */
#include "ops/global_average_pool.h"
#include "ops/op.h"
#include "params/global_average_pool.h"

static lvk_status infer(lvk_call *call) {
    const lvk_global_average_pool_grad_attributes *attributes = call->attributes;
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 2));
    const uint64_t area = (uint64_t)attributes->input_h * attributes->input_w;
    if (area == 0 || area > INT32_MAX)
        return lvk_op_fail(call, "an image of %u×%u, expected 1 to 2^31 - 1 pixels",
                           (unsigned)attributes->input_h, (unsigned)attributes->input_w);
    call->outputs[0] = lvk_type_4d(LVK_F32, call->inputs[0].dim[0], attributes->input_h, attributes->input_w,
                                   call->inputs[0].dim[1]);
    return LVK_OK;
}

static void add_launches(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads) {
    const lvk_type *dx = &call->outputs[0];
    const uint64_t count = lvk_type_count(dx);
    const uint32_t area = dx->dim[1] * dx->dim[2];
    lvk_launch *grad = lvk_launch_flat(list, LVK_TEXELS_OR_PLAIN(reads, "global_average_pool_grad"), count);
    lvk_launch_input(grad, reads, 0);
    lvk_launch_output(grad, LVK_BIND_STORAGE, 0);
    lvk_launch_constant(grad, dx->dim[3] % 4 == 0);
    const lvk_global_average_pool_params params = {
        .count = (uint32_t)count, .channels = dx->dim[3], .area = area, .factor = (float)(1.0 / area)};
    lvk_launch_parameters(grad, &params, sizeof params);
}

LVK_TEXELS_PAIR("flat", lvk_op_texels_unsupported)

const lvk_op lvk_op_global_average_pool_grad = {
    .name = "global_average_pool_grad",
    .summary = "dx[n, .., c] = dy[n, c] / (H W)",
    .min_inputs = 1,
    .max_inputs = 1,
    .output_count = 1,
    .attribute_size = sizeof(lvk_global_average_pool_grad_attributes),
    .batched_inputs = 1,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = 2,
};
