/* dense_grad_weight(x [N,I], dy [N,O]) -> dw [I,O] = x^T dy. For the kernels, the rows of the batch are the
 * pixels of one image with one row. */
#include "ops/conv_grad.h"

#include <inttypes.h>

static lvk_status infer(lvk_call *call) {
    const lvk_type *x = &call->inputs[0], *dy = &call->inputs[1];
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 2));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 2));
    if (x->dim[0] != dy->dim[0])
        return lvk_op_fail(call, "the input has %" PRIu32 " rows, the gradient %" PRIu32, x->dim[0],
                           dy->dim[0]);
    call->outputs[0] = lvk_type_2d(LVK_F32, x->dim[1], dy->dim[1]);
    return LVK_OK;
}

static lvk_conv_shape shape_of(const lvk_call *call) {
    lvk_conv_shape shape = lvk_conv_shape_dense(&call->inputs[0], &call->outputs[0]);
    shape.in_w = shape.out_w = shape.batch;
    shape.batch = 1;
    return shape;
}

static const char *unsupported(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps) {
    const lvk_conv_shape shape = shape_of(call);
    return lvk_conv_grad_weight_unsupported(&shape, kernel, caps);
}

static void launch(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps,
                   lvk_launch_list *list) {
    const lvk_conv_shape shape = shape_of(call);
    lvk_conv_grad_weight_launch(&shape, kernel, lvk_operand_input(0), lvk_operand_input(1), call->accumulate,
                                caps, list);
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
    {.name = "block", .unsupported = block_unsupported, .launch = block_launch},
    {.name = "direct", .unsupported = direct_unsupported, .launch = direct_launch},
};

static double flops(const lvk_call *call) {
    const lvk_conv_shape shape = shape_of(call);
    return lvk_conv_flops(&shape);
}

const lvk_op lvk_op_dense_grad_weight = {
    .name = "dense_grad_weight",
    .summary = "dw[i,o] = sum x[n,i] * dy[n,o]",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .batched_inputs = 3,
    .summed_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = sizeof candidates / sizeof *candidates,
    .flops = flops,
};
