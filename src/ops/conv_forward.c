#include "ops/conv_forward.h"

#include "ops/conv_fold.h"
#include "ops/conv_winograd.h"
#include "ops/dense_gemv.h"
#include "ops/sum_rows.h"
#include "params/conv2d_flip.h"

/* How a kernel cuts the work. An item is an invocation of conv2d_block.comp, a workgroup of the others. The
 * same numbers as there. */
typedef struct conv_cut {
    uint32_t pixels, channels; /* that one item computes */
    uint32_t step;             /* products of a step of the sum */
    uint32_t wanted, least;    /* items that keep a device busy, steps that are worth one more: for splits */
} conv_cut;

/* Steps of a turn of conv2d_subgroup.glsl. */
static uint32_t steps_of_turn(const lvk_conv_shape *shape, uint32_t lanes) {
    uint32_t steps = lanes == 16 ? 4 : 1;
    while (shape->in_c / 4 % steps)
        --steps;
    return steps;
}

/* A 1x1 kernel that meets no padding. */
static bool is_pointwise(const lvk_conv_shape *s) {
    return s->kernel_h == 1 && s->kernel_w == 1 && s->pad_top == 0 && s->pad_left == 0 &&
           (uint64_t)(s->out_h - 1) * s->stride_h < s->in_h &&
           (uint64_t)(s->out_w - 1) * s->stride_w < s->in_w;
}

static conv_cut cut_of(const lvk_conv_shape *shape, lvk_conv_kernel kernel, const lvk_caps *caps) {
    const uint32_t lanes = caps->subgroup_size;
    const lvk_conv_tile tile = lvk_conv_tile_for(shape->out_c);
    if (kernel == LVK_CONV_TILE)
        return (conv_cut){tile.rows, tile.columns, LVK_CONV_TILE_DEPTH, LVK_CONV_TILE_GROUPS, 8};
    if (kernel == LVK_CONV_BLOCK)
        return (conv_cut){.pixels = 4, .channels = 4, .step = 4, .wanted = 4096, .least = 32};
    const uint32_t steps = steps_of_turn(shape, lanes);
    return (conv_cut){.pixels = lanes == 8 ? 4 * lanes : 2 * lanes,
                      .channels = lanes == 4 ? 16 : 32,
                      .step = 4 * steps,
                      .wanted = 32,
                      .least = 32 / steps};
}

/* A strided convolution of few channels is folded where that takes no more products than channels padded
 * to 4. */
static bool folds(const lvk_conv_forward *forward, lvk_conv_kernel kernel) {
    const lvk_conv_shape *s = &forward->shape, folded = lvk_conv_folded(s);
    lvk_conv_shape padded = *s;
    padded.in_c = lvk_pad4(s->in_c);
    return lvk_conv_is_subgroup(kernel) && !forward->flip && (s->stride_h > 1 || s->stride_w > 1) &&
           s->in_c % 4 && lvk_conv_folds_evenly(&folded) &&
           lvk_conv_w_count(&folded) <= lvk_conv_w_count(&padded);
}

/* The convolution as `kernel` sees it. */
static lvk_conv_shape seen_by(const lvk_conv_forward *forward, lvk_conv_kernel kernel) {
    lvk_conv_shape s = forward->shape;
    if (folds(forward, kernel))
        return lvk_conv_folded(&s);
    if (kernel != LVK_CONV_DIRECT)
        s.in_c = lvk_pad4(s.in_c);
    return s;
}

const char *lvk_conv_forward_unsupported(const lvk_conv_forward *forward, lvk_conv_kernel kernel,
                                         const lvk_caps *caps) {
    const char *reason = lvk_conv_kernel_unsupported(kernel, caps);
    if (reason)
        return reason;
    if (kernel == LVK_CONV_WINOGRAD)
        return lvk_conv_winograd_unsupported(forward, caps);
    const lvk_conv_shape s = seen_by(forward, kernel);
    if (kernel == LVK_CONV_DIRECT && forward->flip)
        return "does not flip the kernel";
    if (kernel != LVK_CONV_DIRECT && kernel != LVK_CONV_TILE && s.out_c % 4)
        return "output channels are not a multiple of 4";
    if (!lvk_conv_fits(kernel, caps, lvk_conv_x_count(&forward->shape)) || /* what is folded or padded */
        !lvk_conv_fits(kernel, caps, lvk_conv_x_count(&s)) ||
        !lvk_conv_fits(kernel, caps, lvk_conv_w_count(&s)) ||
        !lvk_conv_fits(LVK_CONV_DIRECT, caps, lvk_conv_y_count(&s)))
        return "a tensor is too large for one binding";
    return NULL;
}

/* Whether `kernel` reads w as it lies where it is to be flipped: four of its numbers at a time. */
static bool reads_transposed(const lvk_conv_forward *forward, lvk_conv_kernel kernel) {
    return lvk_conv_is_subgroup(kernel) && forward->flip && forward->shape.in_c % 4 == 0;
}

static void set_transposed(lvk_conv2d_params *params, const lvk_conv_forward *forward) {
    const lvk_conv_shape *s = &forward->shape;
    const lvk_conv_part *part = forward->part;
    params->stride_h = part ? part->whole.stride_h : 1;
    params->stride_w = part ? part->whole.stride_w : 1;
    params->tap = (int32_t)(part ? part->tap : s->kernel_h * s->kernel_w - 1);
    params->tap_down = -(int32_t)(params->stride_h * (part ? part->whole.kernel_w : s->kernel_w));
    params->tap_right = -(int32_t)params->stride_w;
    params->y_h = part ? part->whole.in_h : s->out_h;
    params->y_w = part ? part->whole.in_w : s->out_w;
    params->y_top = part ? part->y_top : 0;
    params->y_left = part ? part->y_left : 0;
}

/* w as the kernels read it: [kernel_h, kernel_w, in_c padded to 4, out_c]. */
static lvk_operand prepare_w(const lvk_conv_forward *forward, lvk_launch_list *list) {
    const lvk_conv_shape *s = &forward->shape;
    const uint32_t taps = s->kernel_h * s->kernel_w, in_padded = lvk_pad4(s->in_c);
    const uint64_t count = (uint64_t)taps * in_padded * s->out_c;
    if (!forward->flip)
        return lvk_conv_pad_w(s, forward->w, list);
    list->scratch_size[1] = count * sizeof(float);
    lvk_launch *flip = lvk_launch_add(list, "conv2d_flip");
    lvk_launch_operand(flip, LVK_BIND_STORAGE, forward->w);
    lvk_launch_scratch(flip, LVK_BIND_STORAGE, 1);
    const lvk_conv2d_flip_params params = {
        .taps = taps, .in_c = s->out_c, .out_c = s->in_c, .out_padded = in_padded};
    lvk_launch_parameters(flip, &params, sizeof params);
    lvk_launch_groups(list, flip, lvk_divide_up(count, 64));
    return lvk_operand_scratch(1);
}

/* Binds what every kernel takes: x, w, bias, y and, where there is one, the residual. */
static lvk_launch *add_kernel(const lvk_conv_forward *forward, lvk_launch_list *list, const char *shader,
                              lvk_binding_kind reads, lvk_operand x, lvk_operand w, lvk_operand y) {
    lvk_launch *launch = lvk_launch_add(list, shader);
    lvk_launch_operand(launch, reads, x);
    lvk_launch_operand(launch, reads, w);
    lvk_launch_operand(launch, reads, forward->bias ? *forward->bias : w); /* w: bound, not read */
    lvk_launch_operand(launch, LVK_BIND_STORAGE, y);
    if (forward->residual)
        lvk_launch_operand(launch, reads, *forward->residual);
    lvk_launch_constant(launch, forward->bias != NULL);
    return launch;
}

static void launch_direct(const lvk_conv_forward *forward, lvk_launch_list *list) {
    lvk_launch *direct =
        add_kernel(forward, list, forward->residual ? "conv2d_add_relu_direct" : "conv2d_direct",
                   LVK_BIND_STORAGE, forward->x, forward->w, forward->y);
    lvk_launch_constant(direct, forward->relu);
    const lvk_conv2d_params params = lvk_conv_params(&forward->shape);
    lvk_launch_parameters(direct, &params, sizeof params);
    lvk_launch_groups(list, direct, lvk_divide_up(lvk_conv_y_count(&forward->shape), 64));
}

/* The shape of conv2d_patch_subgroup.glsl. */
static bool is_patch(const lvk_conv_forward *forward, lvk_conv_kernel kernel) {
    const lvk_conv_shape *s = &forward->shape;
    return lvk_conv_is_subgroup(kernel) && !forward->flip && !forward->residual && s->in_c == 3 &&
           s->kernel_h == 3 && s->kernel_w == 3 && s->stride_h == 1 && s->stride_w == 1;
}

static void launch_patch(const lvk_conv_forward *forward, lvk_conv_kernel kernel, const lvk_caps *caps,
                         lvk_launch_list *list) {
    static const char *const variants[4] = {"conv2d_patch_texel16", "conv2d_patch_texel8",
                                            "conv2d_patch_texel4", "conv2d_patch_buffer4"};
    const lvk_conv_shape *s = &forward->shape;
    const lvk_operand x = lvk_conv_pad_x(&forward->shape, kernel, forward->x, list);
    lvk_launch *launch = add_kernel(forward, list, lvk_conv_variant(kernel, caps, variants),
                                    lvk_conv_reads(kernel), x, forward->w, forward->y);
    lvk_launch_constant(launch, forward->relu);
    const lvk_conv2d_params params = lvk_conv_params(s);
    lvk_launch_parameters(launch, &params, sizeof params);
    const uint64_t runs = (uint64_t)s->batch * s->out_h * lvk_divide_up(s->out_w, 4);
    lvk_launch_groups(list, launch, lvk_divide_up(runs, caps->subgroup_size));
}

/* Of the kernels that cut the sum. */
static const char *shader_of(const lvk_conv_forward *forward, lvk_conv_kernel kernel, const lvk_caps *caps) {
    static const char *const transposed[4] = {"conv2d_grad_input_texel16", "conv2d_grad_input_texel8",
                                              "conv2d_grad_input_texel4", "conv2d_grad_input_buffer4"};
    static const char *const plain[4] = {"conv2d_texel16", "conv2d_texel8", "conv2d_texel4",
                                         "conv2d_buffer4"};
    static const char *const add[4] = {"conv2d_add_relu_texel16", "conv2d_add_relu_texel8",
                                       "conv2d_add_relu_texel4", "conv2d_add_relu_buffer4"};
    if (kernel == LVK_CONV_TILE)
        return forward->residual ? "conv2d_add_relu_tile" : "conv2d_tile";
    if (kernel == LVK_CONV_BLOCK)
        return forward->residual ? "conv2d_add_relu_block" : "conv2d_block";
    return lvk_conv_variant(kernel, caps,
                            reads_transposed(forward, kernel) ? transposed
                            : forward->residual               ? add
                                                              : plain);
}

void lvk_conv_forward_launch(const lvk_conv_forward *forward, lvk_conv_kernel kernel, const lvk_caps *caps,
                             lvk_launch_list *list) {
    if (kernel == LVK_CONV_DIRECT) {
        launch_direct(forward, list);
        return;
    }
    if (kernel == LVK_CONV_WINOGRAD) {
        lvk_conv_winograd_launch(forward, list);
        return;
    }
    if (is_patch(forward, kernel)) {
        launch_patch(forward, kernel, caps, list);
        return;
    }
    const lvk_conv_shape s = seen_by(forward, kernel);
    const bool folded = folds(forward, kernel), transposed = reads_transposed(forward, kernel);
    const lvk_operand x = folded ? lvk_conv_fold_x(&forward->shape, kernel, forward->x, 0, list)
                                 : lvk_conv_pad_x(&forward->shape, kernel, forward->x, list),
                      w = folded       ? lvk_conv_fold_w(&forward->shape, kernel, forward->w, 1, list)
                          : transposed ? forward->w
                                       : prepare_w(forward, list);
    const conv_cut cut = cut_of(&s, kernel, caps);
    const uint64_t count = lvk_conv_y_count(&s),
                   steps = lvk_divide_up((uint64_t)s.kernel_h * s.kernel_w * s.in_c, cut.step);
    const uint64_t items = lvk_divide_up(count / s.out_c, cut.pixels) * lvk_divide_up(s.out_c, cut.channels);
    const uint32_t splits =
        forward->part ? 1 : lvk_conv_splits(items, cut.wanted, steps, cut.least, LVK_CONV_MAX_SPLITS);

    lvk_launch *launch = add_kernel(forward, list, shader_of(forward, kernel, caps), lvk_conv_reads(kernel),
                                    x, w, splits > 1 ? lvk_operand_scratch(2) : forward->y);
    if (kernel == LVK_CONV_TILE)
        lvk_launch_constant(launch, cut.channels);
    lvk_launch_constant(launch, forward->relu && splits == 1);
    if (lvk_conv_is_subgroup(kernel) && caps->subgroup_size == 16) {
        lvk_launch_constant(launch, cut.step / 4);
        lvk_launch_constant(launch, !is_pointwise(&s));
    }
    lvk_conv2d_params params = lvk_conv_params(&s);
    if (transposed)
        set_transposed(&params, forward);
    params.splits = splits;
    params.steps_per_split = (uint32_t)lvk_divide_up(steps, splits);
    lvk_launch_parameters(launch, &params, sizeof params);
    lvk_launch_groups(list, launch,
                      kernel == LVK_CONV_BLOCK ? lvk_divide_up(items * splits, 64) : items * splits);
    if (splits == 1)
        return;
    list->scratch_size[2] = splits * count * sizeof(float);
    if (forward->y.space == LVK_SPACE_SCRATCH)
        lvk_launch_sum_rows_kept(list, 2, splits, count, forward->y.index, 0);
    else if (forward->relu)
        lvk_launch_sum_rows_relu(list, LVK_SPACE_SCRATCH, 2, splits, count, forward->y.index, 0);
    else
        lvk_launch_sum_rows(list, LVK_SPACE_SCRATCH, 2, splits, count, forward->y.index, false, 0);
}

/* ---- the operators themselves ---- */

lvk_conv_forward lvk_conv_forward_of(const lvk_call *call) {
    static const lvk_operand bias = {LVK_SPACE_INPUT, 2}, residual = {LVK_SPACE_INPUT, 3};
    const lvk_type *x = &call->inputs[0], *w = &call->inputs[1], *y = &call->outputs[0];
    return (lvk_conv_forward){.shape = x->rank == 2 ? lvk_conv_shape_dense(x, w)
                                                    : lvk_conv_shape_conv2d(x, w, y, call->attributes),
                              .x = lvk_operand_input(0),
                              .w = lvk_operand_input(1),
                              .y = lvk_operand_output(0),
                              .bias = call->input_count > 2 ? &bias : NULL,
                              .residual = call->input_count > 3 ? &residual : NULL,
                              .relu = call->op == LVK_OP_conv2d_relu || call->op == LVK_OP_conv2d_add_relu ||
                                      call->op == LVK_OP_dense_relu};
}

static const char *unsupported(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps) {
    const lvk_conv_forward forward = lvk_conv_forward_of(call);
    return lvk_conv_forward_unsupported(&forward, kernel, caps);
}

static void launch(const lvk_call *call, lvk_conv_kernel kernel, const lvk_caps *caps,
                   lvk_launch_list *list) {
    const lvk_conv_forward forward = lvk_conv_forward_of(call);
    lvk_conv_forward_launch(&forward, kernel, caps, list);
}

LVK_CONV_CANDIDATE(texel, LVK_CONV_SUBGROUP_TEXEL)
LVK_CONV_CANDIDATE(buffer, LVK_CONV_SUBGROUP_BUFFER)
LVK_CONV_CANDIDATE(tile, LVK_CONV_TILE)
LVK_CONV_CANDIDATE(winograd, LVK_CONV_WINOGRAD)

static const char *winograd_unsuited(const lvk_call *call, const lvk_caps *caps) {
    const lvk_conv_forward forward = lvk_conv_forward_of(call);
    return lvk_conv_winograd_unsuited(&forward, caps);
}

LVK_CONV_CANDIDATE(block, LVK_CONV_BLOCK)
LVK_CONV_CANDIDATE(direct, LVK_CONV_DIRECT)

/* What stands after tile, which can run wherever they can, only the tuner takes: winograd, gemv. */
const lvk_candidate lvk_conv_forward_candidates[LVK_CONV_FORWARD_CANDIDATES] = {
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
    {.name = "direct", .unsupported = direct_unsupported, .launch = direct_launch},
};

const lvk_candidate lvk_dense_forward_candidates[LVK_DENSE_FORWARD_CANDIDATES] = {
    {.name = "gemv_texels",
     .unsupported = lvk_dense_gemv_texels_unsupported,
     .unsuited = lvk_op_for_cpus,
     .launch = lvk_dense_gemv_texels_launch},
    {.name = "subgroup_texel",
     .unsupported = texel_unsupported,
     .unsuited = lvk_conv_texel_unsuited,
     .launch = texel_launch},
    {.name = "subgroup_buffer",
     .unsupported = buffer_unsupported,
     .unsuited = lvk_op_for_cpus,
     .launch = buffer_launch},
    {.name = "tile", .unsupported = tile_unsupported, .unsuited = lvk_op_for_gpus, .launch = tile_launch},
    {.name = "gemv",
     .unsupported = lvk_dense_gemv_unsupported,
     .unsuited = lvk_op_for_gpus,
     .launch = lvk_dense_gemv_launch},
    {.name = "block", .unsupported = block_unsupported, .launch = block_launch},
    {.name = "direct", .unsupported = direct_unsupported, .launch = direct_launch},
};

double lvk_conv_forward_flops(const lvk_call *call) {
    const lvk_conv_forward forward = lvk_conv_forward_of(call);
    return lvk_conv_flops(&forward.shape);
}
