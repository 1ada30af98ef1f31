/* conv2d_grad_weight: dw = d sum(y * dy) / dw for y = conv2d(x, w), a sum over all pixels of all images. The
 * sum is divided into splits, whose partial sums are added in a fixed order. */
#include "ops/conv_grad.h"

#include <inttypes.h>

static lvk_status infer(lvk_call *call) {
    const lvk_conv2d_grad_weight_attributes *a = call->attributes;
    const lvk_type *x = &call->inputs[0], *dy = &call->inputs[1];
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 4));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 4));
    uint32_t out_h, out_w;
    LVK_TRY(lvk_conv2d_output_size(call, &a->conv, x->dim[1], x->dim[2], a->kernel_h, a->kernel_w, &out_h,
                                   &out_w));
    if (dy->dim[0] != x->dim[0] || dy->dim[1] != out_h || dy->dim[2] != out_w) {
        char text[LVK_TYPE_TEXT];
        return lvk_op_fail(call, "the gradient is %s, the output %" PRIu32 " images of %" PRIu32 "x%" PRIu32,
                           lvk_type_text(dy, text), x->dim[0], out_h, out_w);
    }
    call->outputs[0] = lvk_type_4d(LVK_F32, a->kernel_h, a->kernel_w, x->dim[3], dy->dim[3]);
    return LVK_OK;
}

static lvk_conv_shape shape_of(const lvk_call *call) {
    const lvk_conv2d_grad_weight_attributes *a = call->attributes;
    return lvk_conv_shape_conv2d(&call->inputs[0], &call->outputs[0], &call->inputs[1], &a->conv);
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

const lvk_op lvk_op_conv2d_grad_weight = {
    .name = "conv2d_grad_weight",
    .summary = "dw[ky,kx,c,k] = sum x[n,oy*s+ky-p,ox*s+kx-p,c] * dy[n,oy,ox,k]",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .attribute_size = sizeof(lvk_conv2d_grad_weight_attributes),
    .batched_inputs = 3,
    .summed_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = sizeof candidates / sizeof *candidates,
    .flops = flops,
};
