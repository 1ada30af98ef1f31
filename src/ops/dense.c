/* dense(x [N,I], w [I,O], optional b [O]) -> y [N,O] = x w + b: to the kernels a 1x1 convolution over 1x1
 * images. */
#include "ops/conv_forward.h"

#include <inttypes.h>

static lvk_status infer(lvk_call *call) {
    const lvk_type *x = &call->inputs[0], *w = &call->inputs[1], *b = &call->inputs[2];
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 2));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 2));
    if (w->dim[0] != x->dim[1])
        return lvk_op_fail(call, "the kernel takes %" PRIu32 " values, the input has %" PRIu32, w->dim[0],
                           x->dim[1]);
    if (call->input_count > 2) {
        LVK_TRY(lvk_op_expect(call, 2, LVK_F32, 1));
        if (b->dim[0] != w->dim[1])
            return lvk_op_fail(call, "the bias has %" PRIu32 " values for %" PRIu32 " outputs", b->dim[0],
                               w->dim[1]);
    }
    call->outputs[0] = lvk_type_2d(LVK_F32, x->dim[0], w->dim[1]);
    return LVK_OK;
}

static const lvk_operand bias = {LVK_SPACE_INPUT, 2};

static lvk_conv_forward forward_of(const lvk_call *call) {
    return (lvk_conv_forward){.shape = lvk_conv_shape_dense(&call->inputs[0], &call->inputs[1]),
                              .x = lvk_operand_input(0),
                              .w = lvk_operand_input(1),
                              .bias = call->input_count > 2 ? &bias : NULL};
}

static const char *obstacle(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps) {
    const lvk_conv_forward forward = forward_of(call);
    return lvk_conv_forward_obstacle(&forward, kernel, caps);
}

static void launch(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps,
                   lvk_launch_list *list) {
    const lvk_conv_forward forward = forward_of(call);
    lvk_conv_forward_launch(&forward, kernel, caps, list);
}

LVK_CONV_CANDIDATE(texel, LVK_CONV_SUBGROUP_TEXEL)
LVK_CONV_CANDIDATE(buffer, LVK_CONV_SUBGROUP_BUFFER)
LVK_CONV_CANDIDATE(tile, LVK_CONV_TILE)
LVK_CONV_CANDIDATE(block, LVK_CONV_BLOCK)
LVK_CONV_CANDIDATE(direct, LVK_CONV_DIRECT)

static const lvk_candidate candidates[] = {
    {.name = "subgroup_texel", .obstacle = texel_obstacle, .launch = texel_launch},
    {.name = "subgroup_buffer", .obstacle = buffer_obstacle, .launch = buffer_launch},
    {.name = "tile", .obstacle = tile_obstacle, .launch = tile_launch, .gpu_only = true},
    {.name = "block", .obstacle = block_obstacle, .launch = block_launch},
    {.name = "direct", .obstacle = direct_obstacle, .launch = direct_launch},
};

static void gradient(lvk_backprop *backprop) {
    const int dy = backprop->output_gradients[0];
    if (backprop->wanted[0])
        backprop->input_gradients[0] =
            LVK_EMIT(backprop, LVK_OP_dense_grad_input, NULL, dy, backprop->inputs[1]);
    if (backprop->wanted[1])
        backprop->input_gradients[1] =
            LVK_EMIT(backprop, LVK_OP_dense_grad_weight, NULL, backprop->inputs[0], dy);
    if (backprop->wanted[2])
        backprop->input_gradients[2] = LVK_EMIT(backprop, LVK_OP_bias_grad, NULL, dy);
}

static double flops(const lvk_call *call) {
    const lvk_conv_shape shape = lvk_conv_shape_dense(&call->inputs[0], &call->inputs[1]);
    return lvk_conv_flops(&shape);
}

const lvk_op lvk_op_dense = {
    .name = "dense",
    .summary = "y[n,o] = b[o] + sum x[n,i] * w[i,o]",
    .min_inputs = 2,
    .max_inputs = 3,
    .output_count = 1,
    .batched_inputs = 1,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = sizeof candidates / sizeof *candidates,
    .gradient = gradient,
    .flops = flops,
};
