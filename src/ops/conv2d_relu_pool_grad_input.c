/* conv2d_relu_pool_grad_input(dy[N,PH,PW,K], index u8[N,PH,PW,K], w[KH,KW,C,K]) = dx[N,H,W,C]:
 * conv2d_grad_input of maxpool2d_grad(dy, index). An index above 3 (LVK_MAXPOOL2D_PADDING) says that no
 * position of the window has a gradient. */
#include "ops/conv_forward.h"
#include "ops/conv_pool.h"
#include "params/conv2d_pool_pack.h"

static lvk_status infer(lvk_call *call) {
    const lvk_conv2d_grad_input_attributes *a = call->attributes;
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 4));
    LVK_TRY(lvk_op_expect(call, 2, LVK_F32, 4));
    const lvk_type *w = &call->inputs[2];
    const lvk_type x = lvk_type_4d(LVK_F32, call->inputs[0].dim[0], a->height, a->width, w->dim[2]);
    lvk_type y;
    LVK_TRY(lvk_conv_pool_infer(call, &a->conv, &x, w->dim, &y));
    LVK_TRY(lvk_conv_pool_expect(call, 0, 1, &y));
    call->outputs[0] = x;
    return LVK_OK;
}

static lvk_conv_shape shape_of(const lvk_call *call) {
    const lvk_conv2d_grad_input_attributes *a = call->attributes;
    return lvk_conv_pool_shape(&call->outputs[0], &call->inputs[2], &a->conv);
}

/* The tile and block candidates are not fused: a launch writes the gradient with respect to the pool's input
 * into scratch 3, from where the kernels of conv2d_grad_input read it. */
static lvk_conv_forward unfused_of(const lvk_call *call) {
    const lvk_conv_shape shape = shape_of(call);
    return (lvk_conv_forward){.shape = lvk_conv_shape_transposed(&shape),
                              .x = lvk_operand_scratch(3),
                              .w = lvk_operand_input(2),
                              .y = lvk_operand_output(0),
                              .transposed = true};
}

static const char *unfused_unsupported(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps) {
    const lvk_conv_forward forward = unfused_of(call);
    return forward.shape.in_c % 4 ? "output channels are not a multiple of 4"
                                  : lvk_conv_forward_unsupported(&forward, kernel, caps);
}

static void launch_unfused(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps,
                           lvk_launch_list *list) {
    const lvk_conv_shape shape = shape_of(call);
    const lvk_conv_forward forward = unfused_of(call);
    lvk_conv_pool_add_unpool(&shape, lvk_operand_input(0), lvk_operand_input(1), list);
    lvk_conv_forward_launch(&forward, kernel, caps, list);
}

static const char *unsupported(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps) {
    if (kernel == LVK_CONV_TILE || kernel == LVK_CONV_BLOCK)
        return unfused_unsupported(call, kernel, caps);
    const lvk_conv_shape shape = shape_of(call);
    if (shape.in_c % 4)
        return "input channels are not a multiple of 4";
    return lvk_conv_pool_unsupported(&shape, kernel, caps);
}

static void launch(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps,
                   lvk_launch_list *list) {
    static const char *const variants[4] = {
        "conv2d_relu_pool_grad_input_texel16", "conv2d_relu_pool_grad_input_texel8",
        "conv2d_relu_pool_grad_input_texel4", "conv2d_relu_pool_grad_input_buffer4"};
    if (kernel == LVK_CONV_TILE || kernel == LVK_CONV_BLOCK) {
        launch_unfused(call, kernel, caps, list);
        return;
    }
    const lvk_conv_shape s = shape_of(call);
    const uint32_t lanes = caps->subgroup_size, vectors = lanes == 8 ? 1 : 2; /* the shader's VECTORS */
    const uint32_t groups = (uint32_t)lvk_divide_up(s.in_c / 4, vectors);
    const uint32_t stride = (uint32_t)lvk_divide_up(9 * 4 * vectors, lanes) * lanes;
    const lvk_conv2d_pool_pack_params pack_params = {.taps = 9,
                                                     .in_c = s.in_c,
                                                     .out_c = s.out_c,
                                                     .vectors = vectors,
                                                     .stride = stride,
                                                     .count = groups * s.out_c * stride};
    list->scratch_size[0] = pack_params.count * sizeof(float);
    lvk_launch *pack = lvk_launch_add(list, "conv2d_pool_pack");
    lvk_launch_input(pack, LVK_BIND_STORAGE, 2);
    lvk_launch_scratch(pack, LVK_BIND_STORAGE, 0);
    lvk_launch_parameters(pack, &pack_params, sizeof pack_params);
    lvk_launch_groups(list, pack, lvk_divide_up(pack_params.count, 64));

    lvk_launch *added = lvk_launch_add(list, lvk_conv_variant(kernel, caps, variants));
    lvk_launch_input(added, lvk_conv_reads(kernel), 0);
    lvk_launch_input(added, lvk_conv_pool_reads_bytes(kernel), 1);
    lvk_launch_scratch(added, lvk_conv_reads(kernel), 0);
    lvk_launch_output(added, LVK_BIND_STORAGE, 0);
    lvk_conv_shape_constants(added, &s);
    lvk_launch_constant(added, (uint32_t)s.pad_top);
    lvk_launch_constant(added, (uint32_t)s.pad_left);
    const lvk_conv2d_params params = lvk_conv_params(&s);
    lvk_launch_parameters(added, &params, sizeof params);
    const uint64_t down = lvk_divide_up((uint64_t)s.in_h + (uint32_t)s.pad_top, 2);
    const uint64_t across = lvk_divide_up((uint64_t)s.in_w + (uint32_t)s.pad_left, 2);
    lvk_launch_groups(list, added, lvk_divide_up(s.batch * down * across, lanes) * groups);
}

LVK_CONV_CANDIDATE(texel, LVK_CONV_SUBGROUP_TEXEL)
LVK_CONV_CANDIDATE(buffer, LVK_CONV_SUBGROUP_BUFFER)
LVK_CONV_CANDIDATE(tile_parts, LVK_CONV_TILE)
LVK_CONV_CANDIDATE(block_parts, LVK_CONV_BLOCK)

static void direct_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_conv_shape s = shape_of(call);
    lvk_launch *direct = lvk_launch_add(list, "conv2d_relu_pool_grad_input_direct");
    for (int i = 0; i < 3; ++i)
        lvk_launch_input(direct, LVK_BIND_STORAGE, i);
    lvk_launch_output(direct, LVK_BIND_STORAGE, 0);
    const lvk_conv2d_params params = lvk_conv_params(&s);
    lvk_launch_parameters(direct, &params, sizeof params);
    lvk_launch_groups(list, direct, lvk_divide_up(lvk_conv_x_count(&s), 64));
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
    {.name = "tile_parts",
     .unsupported = tile_parts_unsupported,
     .unsuited = lvk_op_for_gpus,
     .launch = tile_parts_launch},
    {.name = "block_parts", .unsupported = block_parts_unsupported, .launch = block_parts_launch},
    {.name = "direct", .launch = direct_launch},
};

static double flops(const lvk_call *call) {
    const lvk_conv_shape shape = shape_of(call);
    return lvk_conv_flops(&shape);
}

const lvk_op lvk_op_conv2d_relu_pool_grad_input = {
    .name = "conv2d_relu_pool_grad_input",
    .summary = "dx = conv2d_grad_input(maxpool2d_grad(dy, index), w)",
    .min_inputs = 3,
    .max_inputs = 3,
    .output_count = 1,
    .attribute_size = sizeof(lvk_conv2d_grad_input_attributes),
    .batched_inputs = 3,
    .batched_outputs = 1,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = sizeof candidates / sizeof *candidates,
    .flops = flops,
};
