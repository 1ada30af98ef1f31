/* conv2d_relu_pool(x[N,H,W,C], w[KH,KW,C,K], optional b[K]) = y[N,PH,PW,K], index u8[N,PH,PW,K]: a
 * convolution at stride 1, ReLU, and max pooling of 2x2 at stride 2. The index is that of maxpool2d, but
 * LVK_MAXPOOL2D_PADDING where y is 0: no gradient passes the ReLU there. maxpool2d_grad(dy, index) is
 * therefore the gradient with respect to the result of the convolution. */
#include "ops/conv_pool.h"

static lvk_status infer(lvk_call *call) {
    LVK_TRY(lvk_conv2d_check_kernel(call));
    LVK_TRY(lvk_conv_pool_infer(call, call->attributes, &call->inputs[0], call->inputs[1].dim,
                                &call->outputs[0]));
    call->outputs[1] = call->outputs[0];
    call->outputs[1].dtype = LVK_U8;
    return LVK_OK;
}

static lvk_conv_shape shape_of(const lvk_call *call) {
    return lvk_conv_pool_shape(&call->inputs[0], &call->inputs[1], call->attributes);
}

static const char *unsupported(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps) {
    const lvk_conv_shape shape = shape_of(call);
    if (kernel != LVK_CONV_BLOCK)
        return shape.in_c != 3 && shape.in_c % 4 ? "input channels are neither 3 nor a multiple of 4"
                                                 : lvk_conv_pool_unsupported(&shape, kernel, caps);
    return shape.in_c % 4 || shape.out_c % 4 ? "channels are not multiples of 4" : NULL;
}

/* Adds a launch of `shader` with the bindings that all kernels have in common: x, w, bias, y, index. */
static lvk_launch *add_kernel(const lvk_call *call, const lvk_conv_shape *shape, const char *shader,
                              lvk_binding_kind reads, lvk_operand x, lvk_operand w, lvk_launch_list *list) {
    const bool has_bias = call->input_count > 2;
    lvk_launch *launch = lvk_launch_add(list, shader);
    lvk_launch_operand(launch, reads, x);
    lvk_launch_operand(launch, reads, w);
    lvk_launch_operand(launch, reads,
                       has_bias
                           ? lvk_operand_input(2)
                           : w); /* every binding needs a buffer; without a bias the shader reads none here */
    lvk_launch_output(launch, LVK_BIND_STORAGE, 0);
    lvk_launch_output(launch, LVK_BIND_STORAGE, 1);
    const lvk_conv2d_params params = lvk_conv_params(shape);
    lvk_launch_parameters(launch, &params, sizeof params);
    return launch;
}

static void launch(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps,
                   lvk_launch_list *list) {
    static const char *const patch_variants[4] = {
        "conv2d_relu_pool_patch_texel16", "conv2d_relu_pool_patch_texel8", "conv2d_relu_pool_patch_texel4",
        "conv2d_relu_pool_patch_buffer4"};
    static const char *const variants[4] = {"conv2d_relu_pool_texel16", "conv2d_relu_pool_texel8",
                                            "conv2d_relu_pool_texel4", "conv2d_relu_pool_buffer4"};
    lvk_conv_shape s = shape_of(call);
    const bool patch = s.in_c == 3;
    const uint32_t lanes = caps->subgroup_size, vectors = 4,
                   run = lanes == 16 ? 2 : 1; /* the shaders have the same numbers */
    const bool padded = s.out_h + 2 > s.in_h || s.out_w + 2 > s.in_w;
    const bool packed =
        patch && kernel == LVK_CONV_SUBGROUP_TEXEL && !padded && s.in_w % 4 == 0; /* see the shader */
    const lvk_operand x =
        packed ? lvk_operand_input(0) : lvk_conv_pad_x(&s, kernel, lvk_operand_input(0), list);
    lvk_launch *added =
        add_kernel(call, &s, lvk_conv_variant(kernel, caps, patch ? patch_variants : variants),
                   lvk_conv_reads(kernel), x, lvk_operand_input(1), list);
    lvk_conv_shape_constants(added, &s);
    lvk_launch_constant(added, call->input_count > 2);
    lvk_launch_constant(added, padded);
    if (patch)
        lvk_launch_constant(added, packed);
    const uint64_t rows = (uint64_t)s.batch * (s.out_h / 2), columns = s.out_w / 2;
    lvk_launch_groups(list, added,
                      patch ? lvk_divide_up(rows * lvk_divide_up(columns, run), lanes)
                            : lvk_divide_up(rows * columns, lanes) * lvk_divide_up(s.out_c, 4 * vectors));
}

LVK_CONV_CANDIDATE(texel, LVK_CONV_SUBGROUP_TEXEL)
LVK_CONV_CANDIDATE(buffer, LVK_CONV_SUBGROUP_BUFFER)

static const char *tile_unsupported(const lvk_call *call, const lvk_caps *caps) {
    lvk_conv_shape shape = shape_of(call);
    if (shape.out_c % 4)
        return "output channels are not a multiple of 4";
    shape.in_c = lvk_pad4(shape.in_c);
    return lvk_conv_fits(LVK_CONV_TILE, caps, lvk_conv_x_count(&shape)) &&
                   lvk_conv_fits(LVK_CONV_TILE, caps, lvk_conv_w_count(&shape))
               ? NULL
               : "a tensor is too large for one binding";
}

static void tile_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    lvk_conv_shape s = shape_of(call);
    const lvk_conv_tile tile = lvk_conv_tile_for(s.out_c);
    const lvk_operand x = lvk_conv_pad_x(&s, LVK_CONV_TILE, lvk_operand_input(0), list);
    const lvk_operand w = lvk_conv_pad_w(&s, lvk_operand_input(1), list);
    s.in_c = lvk_pad4(s.in_c);
    lvk_launch *added = add_kernel(call, &s, "conv2d_relu_pool_tile", LVK_BIND_STORAGE, x, w, list);
    lvk_launch_constant(added, call->input_count > 2);
    lvk_launch_constant(added, tile.columns);
    const uint64_t positions = 4 * (uint64_t)s.batch * (s.out_h / 2) * (s.out_w / 2);
    lvk_launch_groups(list, added,
                      lvk_divide_up(positions, tile.rows) * lvk_divide_up(s.out_c, tile.columns));
}

static const char *block_unsupported(const lvk_call *call, const lvk_caps *caps) {
    return unsupported(call, LVK_CONV_BLOCK, caps);
}

static void block_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_conv_shape shape = shape_of(call);
    lvk_launch *added = add_kernel(call, &shape, "conv2d_relu_pool_block", LVK_BIND_STORAGE,
                                   lvk_operand_input(0), lvk_operand_input(1), list);
    lvk_launch_constant(added, call->input_count > 2);
    lvk_launch_groups(list, added, lvk_divide_up(lvk_type_count(&call->outputs[0]) / 4, 64));
}

static void direct_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_conv_shape shape = shape_of(call);
    lvk_launch *added = add_kernel(call, &shape, "conv2d_relu_pool_direct", LVK_BIND_STORAGE,
                                   lvk_operand_input(0), lvk_operand_input(1), list);
    lvk_launch_constant(added, call->input_count > 2);
    lvk_launch_groups(list, added,
                      lvk_divide_up(lvk_type_count(&call->outputs[0]), (uint64_t)4 * LVK_FLAT_GROUP));
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
    {.name = "block", .unsupported = block_unsupported, .launch = block_launch},
    {.name = "direct", .launch = direct_launch},
};

static void gradient(lvk_backprop *backprop) {
    const lvk_conv2d_attributes *conv = backprop->call->attributes;
    const lvk_type *x = &backprop->call->inputs[0], *w = &backprop->call->inputs[1];
    const int dy = backprop->output_gradients[0], index = backprop->outputs[1];
    if (backprop->wanted[0]) {
        const lvk_conv2d_grad_input_attributes attributes = {
            .conv = *conv, .height = x->dim[1], .width = x->dim[2]};
        backprop->input_gradients[0] = LVK_EMIT(backprop, LVK_OP_conv2d_relu_pool_grad_input, &attributes, dy,
                                                index, backprop->inputs[1]);
    }
    if (backprop->wanted[1] || backprop->wanted[2]) {
        const lvk_conv2d_grad_weight_attributes attributes = {
            .conv = *conv, .kernel_h = w->dim[0], .kernel_w = w->dim[1]};
        const int dw = LVK_EMIT(backprop, LVK_OP_conv2d_relu_pool_grad_weight, &attributes,
                                backprop->inputs[0], dy, index);
        backprop->input_gradients[1] = dw;
        backprop->input_gradients[2] = backprop->output(backprop, dw, 1);
    }
}

static double flops(const lvk_call *call) {
    const lvk_conv_shape shape = shape_of(call);
    return lvk_conv_flops(&shape);
}

const lvk_op lvk_op_conv2d_relu_pool = {
    .name = "conv2d_relu_pool",
    .summary = "y, index = maxpool2d(relu(conv2d(x, w) + b)), 2x2",
    .min_inputs = 2,
    .max_inputs = 3,
    .output_count = 2,
    .attribute_size = sizeof(lvk_conv2d_attributes),
    .batched_inputs = 1,
    .batched_outputs = 3,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = sizeof candidates / sizeof *candidates,
    .gradient = gradient,
    .flops = flops,
};
