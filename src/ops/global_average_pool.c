/* global_average_pool(x[N,H,W,C]) = y[N,C], the mean of each channel of each image. */
#include "ops/global_average_pool.h"
#include "ops/op.h"
#include "params/global_average_pool.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 4));
    call->outputs[0] = lvk_type_2d(LVK_F32, call->inputs[0].dim[0], call->inputs[0].dim[3]);
    return LVK_OK;
}

void lvk_global_average_pool_add(const lvk_call *call, const lvk_type *image, lvk_launch_list *list,
                                 const char *shader, lvk_binding_kind reads) {
    const uint64_t count = lvk_type_count(&call->outputs[0]);
    lvk_launch *launch = lvk_launch_flat(list, shader, count);
    lvk_launch_input(launch, reads, 0);
    lvk_launch_output(launch, LVK_BIND_STORAGE, 0);
    lvk_launch_constant(launch, image->dim[3] % 4 == 0);
    const lvk_global_average_pool_params params = {
        .count = (uint32_t)count, .channels = image->dim[3], .pixels = image->dim[1] * image->dim[2]};
    lvk_launch_parameters(launch, &params, sizeof params);
}

static void texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_global_average_pool_add(call, &call->inputs[0], list, "global_average_pool_texels", LVK_BIND_TEXELS);
}

static void flat_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_global_average_pool_add(call, &call->inputs[0], list, "global_average_pool", LVK_BIND_STORAGE);
}

static void gradient(lvk_backprop *backprop) {
    const lvk_type *x = &backprop->call->inputs[0];
    const lvk_global_average_pool_grad_attributes attributes = {.height = x->dim[1], .width = x->dim[2]};
    backprop->input_gradients[0] =
        LVK_EMIT(backprop, LVK_OP_global_average_pool_grad, &attributes, backprop->output_gradients[0]);
}

static const lvk_candidate candidates[] = {
    {.name = "texels", .obstacle = lvk_op_texels_obstacle, .launch = texels_launch},
    {.name = "flat", .launch = flat_launch},
};

const lvk_op lvk_op_global_average_pool = {
    .name = "global_average_pool",
    .summary = "y[n,c] = mean of x[n,..,c]",
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
