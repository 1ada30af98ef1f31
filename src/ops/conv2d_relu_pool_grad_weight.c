/* conv2d_relu_pool_grad_weight(x[N,H,W,C], dy[N,PH,PW,K], index u8[N,PH,PW,K]) = dw[KH,KW,C,K], db[K]:
 * conv2d_grad_weight and bias_grad of maxpool2d_grad(dy, index). An index above 3 (LVK_MAXPOOL2D_PADDING)
 * says that no position of the window has a gradient. */
#include "ops/conv_grad.h"
#include "ops/conv_pool.h"
#include "ops/sum_rows.h"
#include "params/conv2d_pool_grad_weight.h"

static lvk_status infer(lvk_call *call) {
    const lvk_conv2d_grad_weight_attributes *a = call->attributes;
    const lvk_type *x = &call->inputs[0];
    LVK_TRY(lvk_op_expect(call, 0, LVK_F32, 4));
    LVK_TRY(lvk_op_expect(call, 1, LVK_F32, 4));
    const uint32_t kernel[4] = {a->kernel_h, a->kernel_w, x->dim[3], call->inputs[1].dim[3]};
    lvk_type y;
    LVK_TRY(lvk_conv_pool_infer(call, &a->conv, x, kernel, &y));
    LVK_TRY(lvk_conv_pool_expect(call, 1, 2, &y));
    call->outputs[0] = lvk_type_4d(LVK_F32, kernel[0], kernel[1], kernel[2], kernel[3]);
    call->outputs[1] = lvk_type_1d(LVK_F32, kernel[3]);
    return LVK_OK;
}

static lvk_conv_shape shape_of(const lvk_call *call) {
    const lvk_conv2d_grad_weight_attributes *a = call->attributes;
    return lvk_conv_pool_shape(&call->inputs[0], &call->outputs[0], &a->conv);
}

static const char *unsupported(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps) {
    const lvk_conv_shape shape = shape_of(call);
    if (kernel != LVK_CONV_TILE && kernel != LVK_CONV_BLOCK)
        return lvk_conv_pool_unsupported(&shape, kernel, caps);
    return shape.out_c % 4 ? "output channels are not a multiple of 4"
                           : lvk_conv_grad_weight_unsupported(&shape, kernel, caps);
}

/* Adds a launch of `shader`, in which the rows of dy are divided into splits, and the launches that add the
 * partial sums. `items` is, for one split, the number of invocations of the direct kernel or of workgroups of
 * the other kernels. Scratch 1 holds the partial sums of dw, scratch 2 those of db. */
static void add_split(const lvk_call *call, const lvk_conv_shape *s, lvk_conv_kernel kernel,
                      const char *shader, lvk_operand x, uint64_t items, uint64_t wanted, uint64_t least,
                      lvk_launch_list *list) {
    const uint64_t rows = (uint64_t)s->batch * (s->out_h / 2);
    const uint64_t dw = lvk_type_count(&call->outputs[0]), db = s->out_c;
    const uint32_t splits = lvk_conv_splits(items, wanted, rows, least, LVK_CONV_MAX_SPLITS);
    lvk_launch *launch = lvk_launch_add(list, shader);
    lvk_launch_operand(launch, lvk_conv_reads(kernel), x);
    lvk_launch_input(launch, lvk_conv_reads(kernel), 1);
    lvk_launch_input(launch, lvk_conv_pool_reads_bytes(kernel), 2);
    lvk_launch_scratch(launch, LVK_BIND_STORAGE, 1);
    lvk_launch_scratch(launch, LVK_BIND_STORAGE, 2);
    if (kernel != LVK_CONV_DIRECT)
        lvk_conv_shape_constants(launch, s);
    const lvk_conv2d_pool_grad_weight_params params = {.rows = (uint32_t)rows,
                                                       .in_h = s->in_h,
                                                       .in_w = s->in_w,
                                                       .in_c = s->in_c,
                                                       .channels = call->inputs[0].dim[3],
                                                       .pool_h = s->out_h / 2,
                                                       .pool_w = s->out_w / 2,
                                                       .out_c = s->out_c,
                                                       .kernel_h = s->kernel_h,
                                                       .kernel_w = s->kernel_w,
                                                       .pad_top = s->pad_top,
                                                       .pad_left = s->pad_left,
                                                       .splits = splits,
                                                       .rows_per_split =
                                                           (uint32_t)lvk_divide_up(rows, splits)};
    lvk_launch_parameters(launch, &params, sizeof params);
    lvk_launch_groups(list, launch,
                      kernel == LVK_CONV_DIRECT ? lvk_divide_up(items * splits, 64) : items * splits);
    list->scratch_size[1] = splits * dw * sizeof(float);
    list->scratch_size[2] = splits * db * sizeof(float);
    lvk_launch_sum_rows(list, LVK_SPACE_SCRATCH, 1, splits, dw, 0, call->accumulate, 0);
    lvk_launch_sum_rows(list, LVK_SPACE_SCRATCH, 2, splits, db, 1, call->accumulate, 0);
}

/* The tile and block candidates are not fused: a launch writes the gradient with respect to the pool's input
 * into scratch 3, from where the kernels of conv2d_grad_weight read it. */
static void launch_parts(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps,
                         lvk_launch_list *list) {
    const lvk_conv_shape s = shape_of(call);
    lvk_conv_pool_add_unpool(&s, lvk_operand_input(1), lvk_operand_input(2), list);
    lvk_conv_grad_weight_launch(&s, kernel, lvk_operand_input(0), lvk_operand_scratch(3), call->accumulate,
                                caps, list);
    lvk_launch_sum_rows(list, LVK_SPACE_SCRATCH, 3, (uint64_t)s.batch * s.out_h * s.out_w, s.out_c, 1,
                        call->accumulate, 4);
}

static void launch(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps,
                   lvk_launch_list *list) {
    static const char *const row_variants[4] = {
        "conv2d_relu_pool_grad_weight_row_texel16", "conv2d_relu_pool_grad_weight_row_texel8",
        "conv2d_relu_pool_grad_weight_row_texel4", "conv2d_relu_pool_grad_weight_row_buffer4"};
    static const char *const square_variants[4] = {
        "conv2d_relu_pool_grad_weight_square_texel16", "conv2d_relu_pool_grad_weight_square_texel8",
        "conv2d_relu_pool_grad_weight_square_texel4", "conv2d_relu_pool_grad_weight_square_buffer4"};
    if (kernel == LVK_CONV_TILE || kernel == LVK_CONV_BLOCK) {
        launch_parts(call, kernel, caps, list);
        return;
    }
    lvk_conv_shape s = shape_of(call);
    /* With up to three channels a tile is all nine taps x three channels, else three taps x four channels. */
    const bool square = s.in_c <= 3;
    const uint32_t width =
        square && caps->subgroup_size == 16 ? 2 : 4; /* output channels of a lane, the shader's WIDTH */
    const lvk_operand x = lvk_conv_pad_x(&s, kernel, lvk_operand_input(0), list);
    s.in_c = lvk_pad4(s.in_c);
    const uint64_t items = (square ? 1 : 3) *
                           (uint64_t)lvk_divide_up(s.in_c / 4, caps->subgroup_size == 16 ? 2 : 1) *
                           lvk_divide_up(s.out_c, width * caps->subgroup_size);
    /* The tiles of a split are computed one after the other and all read the same x and dy. Enough splits are
     * wanted that the x and dy of one split stay in a core's cache (1 MiB). */
    const uint64_t bytes = (lvk_conv_x_count(&s) + lvk_type_count(&call->inputs[1])) * sizeof(float);
    const uint64_t wanted = items * lvk_divide_up(bytes, 1 << 20);
    add_split(call, &s, kernel, lvk_conv_variant(kernel, caps, square ? square_variants : row_variants), x,
              items, wanted < 64 ? 64 : wanted, lvk_divide_up(32, s.out_w), list);
}

LVK_CONV_CANDIDATE(texel, LVK_CONV_SUBGROUP_TEXEL)
LVK_CONV_CANDIDATE(buffer, LVK_CONV_SUBGROUP_BUFFER)
LVK_CONV_CANDIDATE(tile_parts, LVK_CONV_TILE)
LVK_CONV_CANDIDATE(block_parts, LVK_CONV_BLOCK)

static void direct_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list) {
    (void)caps;
    const lvk_conv_shape s = shape_of(call);
    const uint64_t items = lvk_conv_w_count(&s) + s.out_c;
    add_split(call, &s, LVK_CONV_DIRECT, "conv2d_relu_pool_grad_weight_direct", lvk_operand_input(0), items,
              16384, lvk_divide_up(32, s.out_w), list);
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

const lvk_op lvk_op_conv2d_relu_pool_grad_weight = {
    .name = "conv2d_relu_pool_grad_weight",
    .summary = "dw, db = conv2d_grad_weight, bias_grad of maxpool2d_grad(dy, index)",
    .min_inputs = 3,
    .max_inputs = 3,
    .output_count = 2,
    .attribute_size = sizeof(lvk_conv2d_grad_weight_attributes),
    .batched_inputs = 7,
    .summed_outputs = 3,
    .infer = infer,
    .candidates = candidates,
    .candidate_count = sizeof candidates / sizeof *candidates,
    .flops = flops,
};
