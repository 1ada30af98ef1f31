/* dense_grad_input(dy [N,O], w [I,O]) -> dx [N,I] = dy w^T. The tile and block kernels compute it as a dense
 * layer whose kernel is w^T, written into scratch. */
#include "ops/conv_forward.h"
#include "ops/conv_grad.h"

#include <inttypes.h>

static lvk_status infer(lvk_call *call) {
    const lvk_type *dy = &call->inputs[0], *w = &call->inputs[1];
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 2));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 2));
    if (dy->dim[1] != w->dim[1])
        return lvk_op_fail(call, "the gradient has %" PRIu32 " values, the output %" PRIu32, dy->dim[1],
                           w->dim[1]);
    call->outputs[0] = lvk_type_2d(LVK_F32, dy->dim[0], w->dim[0]);
    return LVK_OK;
}

static lvk_conv_shape shape_of(const lvk_call *call) {
    return lvk_conv_shape_dense(&call->inputs[0], &call->inputs[1]);
}

static lvk_conv_forward transposed_of(const lvk_call *call) {
    const lvk_conv_shape shape = shape_of(call);
    return (lvk_conv_forward){.shape = lvk_conv_shape_transposed(&shape),
                              .x = lvk_operand_input(0),
                              .w = lvk_operand_input(1),
                              .y = lvk_operand_output(0),
                              .transposed = true};
}

static const char *unsupported(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps) {
    if (kernel == LVK_CONV_TILE) {
        const lvk_conv_forward forward = transposed_of(call);
        return lvk_conv_forward_unsupported(&forward, kernel, caps);
    }
    const lvk_conv_shape s = shape_of(call);
    return lvk_conv_grad_input_unsupported(&s, kernel, caps);
}

static void launch(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps,
                   lvk_launch_list *list) {
    static const char *const variants[4] = {"dense_grad_input_texel16", "dense_grad_input_texel8",
                                            "dense_grad_input_texel4", "dense_grad_input_buffer4"};
    if (kernel == LVK_CONV_TILE) {
        const lvk_conv_forward forward = transposed_of(call);
        lvk_conv_forward_launch(&forward, kernel, caps, list);
        return;
    }
    const lvk_conv_shape s = shape_of(call);
    if (kernel == LVK_CONV_BLOCK || kernel == LVK_CONV_DIRECT) {
        lvk_conv_grad_input_launch(&s, kernel, caps, list);
        return;
    }
    lvk_launch *dx = lvk_launch_add(list, lvk_conv_variant(kernel, caps, variants));
    lvk_launch_input(dx, lvk_conv_reads(kernel), 0);
    lvk_launch_input(dx, lvk_conv_reads(kernel), 1);
    lvk_launch_output(dx, LVK_BIND_STORAGE, 0);
    const lvk_conv2d_params params = lvk_conv_params(&s);
    lvk_launch_parameters(dx, &params, sizeof params);
    const uint32_t lanes = caps->subgroup_size,
                   rows = lanes == 4 ? 8 : 32; /* ROWS of dense_grad_input_subgroup.glsl */
    lvk_launch_groups(list, dx, lvk_divide_up(s.in_c, 4 * lanes) * lvk_divide_up(s.batch, rows));
}

LVK_CONV_CANDIDATE(texel, LVK_CONV_SUBGROUP_TEXEL)
LVK_CONV_CANDIDATE(buffer, LVK_CONV_SUBGROUP_BUFFER)
LVK_CONV_CANDIDATE(tile, LVK_CONV_TILE)
LVK_CONV_CANDIDATE(block, LVK_CONV_BLOCK)
LVK_CONV_CANDIDATE(direct, LVK_CONV_DIRECT)

static const lvk_candidate candidates[] = {
    {.name = "subgroup_texel",
     .unsupported = texel_unsupported,
     .unsuited = lvk_conv_texel_unsuited,
     .launch = texel_launch},
    {.name = "subgroup_buffer",
     .unsupported = buffer_unsupported,
     .unsuited = lvk_op_for_cpus,
     .launch = buffer_launch},
    {.name = "tile", .unsupported = tile_unsupported, .unsuited = lvk_op_for_gpus, .launch = tile_launch},
    {.name = "gather_block", .unsupported = block_unsupported, .launch = block_launch},
    {.name = "gather", .unsupported = direct_unsupported, .launch = direct_launch},
};

static double flops(const lvk_call *call) {
    const lvk_conv_shape shape = shape_of(call);
    return lvk_conv_flops(&shape);
}

const lvk_op lvk_op_dense_grad_input = {
    .name = "dense_grad_input",
    .summary = "dx[n,i] = sum dy[n,o] * w[i,o]",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .batched_inputs = 1,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = sizeof candidates / sizeof *candidates,
    .flops = flops,
};
