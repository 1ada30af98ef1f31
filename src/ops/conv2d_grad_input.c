/* conv2d_grad_input: dx = d sum(y * dy) / dx for y = conv2d(x, w).
 *
 * At stride 1, dx is a transposed convolution of dy (conv_transposed.h). With a stride there are three ways
 * to compute dx:
 *   subgroup kernels      compute dx in phases (conv_phase.h)
 *   tile, block kernels   compute dx' of space to depth, which a further launch turns into dx
 * (conv_space_to_depth.h)
 *   the last candidates   gather: each invocation sums the terms of its own elements of dx */
#include "ops/conv_forward.h"
#include "ops/conv_grad.h"
#include "ops/conv_space_to_depth.h"
#include "ops/conv_winograd.h"

#include <inttypes.h>

enum { W_DEEP = 3, DX_DEEP = 4 }; /* the scratch buffers of w' and dx' (conv_space_to_depth.h) */

static lvk_status infer(lvk_call *call) {
    const lvk_conv2d_grad_input_attributes *a = call->attributes;
    const lvk_type *dy = &call->inputs[0], *w = &call->inputs[1];
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 4));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 4));
    uint32_t out_h, out_w;
    LVK_TRY(
        lvk_conv2d_output_size(call, &a->conv, a->height, a->width, w->dim[0], w->dim[1], &out_h, &out_w));
    if (dy->dim[1] != out_h || dy->dim[2] != out_w || dy->dim[3] != w->dim[3]) {
        char text[LVK_TYPE_TEXT];
        return lvk_op_fail(call, "the gradient is %s, the output %" PRIu32 "x%" PRIu32 "x%" PRIu32,
                           lvk_type_text(dy, text), out_h, out_w, w->dim[3]);
    }
    call->outputs[0] = lvk_type_4d(LVK_F32, dy->dim[0], a->height, a->width, w->dim[2]);
    return LVK_OK;
}

static lvk_conv_shape shape_of(const lvk_call *call) {
    const lvk_conv2d_grad_input_attributes *a = call->attributes;
    return lvk_conv_shape_conv2d(&call->outputs[0], &call->inputs[1], &call->inputs[0], &a->conv);
}

static bool is_strided(const lvk_conv_shape *shape) {
    return shape->stride_h > 1 || shape->stride_w > 1;
}

/* The convolution whose result is dx. With a stride, its result is dx' of space to depth, in scratch DX_DEEP;
 * its kernel is then w', in scratch W_DEEP. */
static lvk_conv_forward forward_of(const lvk_call *call) {
    const lvk_conv_shape shape = shape_of(call), deep = lvk_space_to_depth_shape(&shape);
    const bool strided = is_strided(&shape);
    return (lvk_conv_forward){.shape = lvk_conv_shape_transposed(strided ? &deep : &shape),
                              .x = lvk_operand_input(0),
                              .w = lvk_operand_input(1),
                              .y = strided ? lvk_operand_scratch(DX_DEEP) : lvk_operand_output(0),
                              .transposed = true};
}

static const char *unsupported(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps) {
    const lvk_conv_forward forward = forward_of(call);
    const lvk_conv_shape shape = shape_of(call);
    if (is_strided(&shape) && kernel == LVK_CONV_WINOGRAD)
        return "is for kernels of 3x3 at stride 1";
    if (is_strided(&shape) && lvk_conv_is_subgroup(kernel))
        return lvk_conv_grad_input_unsupported(&shape, kernel, caps);
    if (is_strided(&shape)) {
        if (shape.in_c % 4)
            return "input channels are not a multiple of 4";
        if (!lvk_conv_fits(kernel, caps, lvk_conv_y_count(&forward.shape)))
            return "a tensor is too large for one binding";
    }
    return lvk_conv_forward_unsupported(&forward, kernel, caps);
}

static void launch(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps,
                   lvk_launch_list *list) {
    lvk_conv_forward forward = forward_of(call);
    const lvk_conv_shape shape = shape_of(call);
    if (!is_strided(&shape))
        lvk_conv_forward_launch(&forward, kernel, caps, list);
    else if (lvk_conv_is_subgroup(kernel))
        lvk_conv_grad_input_launch(&shape, kernel, caps, list);
    else {
        forward.w = lvk_space_to_depth_w(&shape, kernel, forward.w, W_DEEP, list);
        list->scratch_size[DX_DEEP] = lvk_conv_y_count(&forward.shape) * sizeof(float);
        lvk_conv_forward_launch(&forward, kernel, caps, list);
        lvk_depth_to_space_x(&shape, DX_DEEP, list);
    }
}

LVK_CONV_CANDIDATE(texel, LVK_CONV_SUBGROUP_TEXEL)
LVK_CONV_CANDIDATE(buffer, LVK_CONV_SUBGROUP_BUFFER)
LVK_CONV_CANDIDATE(tile, LVK_CONV_TILE)
LVK_CONV_CANDIDATE(winograd, LVK_CONV_WINOGRAD)

static const char *winograd_unsuited(const lvk_call *call, const lvk_caps *caps) {
    const lvk_conv_forward forward = forward_of(call);
    return lvk_conv_winograd_unsuited(&forward, caps);
}

LVK_CONV_CANDIDATE(block, LVK_CONV_BLOCK)

static const char *gather_block_unsupported(const lvk_call *call, const lvk_caps *caps) {
    const lvk_conv_shape shape = shape_of(call);
    return lvk_conv_grad_input_unsupported(&shape, LVK_CONV_BLOCK, caps);
}

static void gather_block_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    const lvk_conv_shape shape = shape_of(call);
    lvk_conv_grad_input_launch(&shape, LVK_CONV_BLOCK, caps, list);
}

static const char *gather_unsupported(const lvk_call *call, const lvk_caps *caps) {
    const lvk_conv_shape shape = shape_of(call);
    return lvk_conv_grad_input_unsupported(&shape, LVK_CONV_DIRECT, caps);
}

static void gather_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    const lvk_conv_shape shape = shape_of(call);
    lvk_conv_grad_input_launch(&shape, LVK_CONV_DIRECT, caps, list);
}

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
    {.name = "winograd",
     .unsupported = winograd_unsupported,
     .unsuited = winograd_unsuited,
     .launch = winograd_launch},
    {.name = "block", .unsupported = block_unsupported, .launch = block_launch},
    {.name = "gather_block", .unsupported = gather_block_unsupported, .launch = gather_block_launch},
    {.name = "gather", .unsupported = gather_unsupported, .launch = gather_launch},
};

static double flops(const lvk_call *call) {
    const lvk_conv_shape shape = shape_of(call);
    return lvk_conv_flops(&shape);
}

const lvk_op lvk_op_conv2d_grad_input = {
    .name = "conv2d_grad_input",
    .summary = "dx[n,iy,ix,c] = sum dy[n,oy,ox,k] * w[ky,kx,c,k] over oy*s+ky-p = iy, ox*s+kx-p = ix",
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .attribute_size = sizeof(lvk_conv2d_grad_input_attributes),
    .batched_inputs = 1,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = sizeof candidates / sizeof *candidates,
    .flops = flops,
};
