#include "ops/conv_forward.h"

#include "ops/conv_patch.h"
#include "ops/conv_space_to_depth.h"
#include "ops/conv_tiling.h"
#include "ops/conv_transposed.h"
#include "ops/conv_winograd.h"
#include "ops/dense_gemv.h"
#include "ops/sum_rows.h"

/* Whether the kernel is 1x1 and no output reads padding. */
static bool is_pointwise(const lvk_conv_shape *s) {
    return s->kernel_h == 1 && s->kernel_w == 1 && s->pad_top == 0 && s->pad_left == 0 &&
           (uint64_t)(s->out_h - 1) * s->stride_h < s->in_h &&
           (uint64_t)(s->out_w - 1) * s->stride_w < s->in_w;
}

static bool takes_space_to_depth(const lvk_conv_forward *forward, lvk_conv_kernel kernel) {
    return lvk_conv_is_subgroup(kernel) && !forward->transposed && lvk_space_to_depth_pays(&forward->shape);
}

/* The shape of the convolution that `kernel` computes. It differs from the operator's shape where the kernel
 * reads another x and w than the operator's, which prepare_x() and prepare_w() write into scratch. */
static lvk_conv_shape seen_by(const lvk_conv_forward *forward, lvk_conv_kernel kernel) {
    lvk_conv_shape s = forward->shape;
    if (takes_space_to_depth(forward, kernel))
        return lvk_space_to_depth_shape(&s);
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
    if (kernel == LVK_CONV_DIRECT && forward->transposed)
        return "does not flip the kernel";
    if (kernel != LVK_CONV_DIRECT && kernel != LVK_CONV_TILE && s.out_c % 4)
        return "output channels are not a multiple of 4";
    if (!lvk_conv_fits(kernel, caps, lvk_conv_x_count(&forward->shape)) || /* prepare_x() reads the whole x */
        !lvk_conv_fits(kernel, caps, lvk_conv_x_count(&s)) ||
        !lvk_conv_fits(kernel, caps, lvk_conv_w_count(&s)) ||
        !lvk_conv_fits(LVK_CONV_DIRECT, caps, lvk_conv_y_count(&s)))
        return "a tensor is too large for one binding";
    return NULL;
}

/* The next two functions return where the x and w that `kernel` reads lie. Where these differ from the
 * operator's, the functions add launches that write them into scratch. */
static lvk_operand prepare_x(const lvk_conv_forward *forward, lvk_conv_kernel kernel, lvk_launch_list *list) {
    return takes_space_to_depth(forward, kernel)
               ? lvk_space_to_depth_x(&forward->shape, kernel, forward->x, LVK_CONV_SCRATCH_X, list)
               : lvk_conv_pad_x(&forward->shape, kernel, forward->x, list);
}

static lvk_operand prepare_w(const lvk_conv_forward *forward, lvk_conv_kernel kernel, lvk_launch_list *list) {
    if (takes_space_to_depth(forward, kernel))
        return lvk_space_to_depth_w(&forward->shape, kernel, forward->w, LVK_CONV_SCRATCH_W, list);
    if (lvk_conv_reads_transposed(forward, kernel))
        return forward->w;
    return forward->transposed ? lvk_conv_transposed_w(forward, list)
                               : lvk_conv_pad_w(&forward->shape, forward->w, list);
}

lvk_launch *lvk_conv_forward_add(const lvk_conv_forward *forward, lvk_launch_list *list, const char *shader,
                                 lvk_binding_kind reads, lvk_operand x, lvk_operand w, lvk_operand y) {
    lvk_launch *launch = lvk_launch_add(list, shader);
    lvk_launch_operand(launch, reads, x);
    lvk_launch_operand(launch, reads, w);
    lvk_launch_operand(launch, reads,
                       forward->bias ? *forward->bias
                                     : w); /* every binding needs a buffer, also one that is not read */
    lvk_launch_operand(launch, LVK_BIND_STORAGE, y);
    if (forward->residual)
        lvk_launch_operand(launch, reads, *forward->residual);
    lvk_launch_constant(launch, forward->bias != NULL);
    return launch;
}

static void launch_direct(const lvk_conv_forward *forward, lvk_launch_list *list) {
    lvk_launch *direct =
        lvk_conv_forward_add(forward, list, forward->residual ? "conv2d_add_relu_direct" : "conv2d_direct",
                             LVK_BIND_STORAGE, forward->x, forward->w, forward->y);
    lvk_launch_constant(direct, forward->relu);
    const lvk_conv2d_params params = lvk_conv_params(&forward->shape);
    lvk_launch_parameters(direct, &params, sizeof params);
    lvk_launch_groups(list, direct, lvk_divide_up(lvk_conv_y_count(&forward->shape), 64));
}

/* The shader of a tile, block or subgroup kernel. */
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
                            lvk_conv_reads_transposed(forward, kernel) ? transposed
                            : forward->residual                        ? add
                                                                       : plain);
}

/* Adds the launches that sum the partial sums of all splits, which lie in scratch, into y. */
static void add_partial_sums(const lvk_conv_forward *forward, uint32_t splits, uint64_t count,
                             lvk_launch_list *list) {
    const int sums = LVK_CONV_SCRATCH_SUMS, y = forward->y.index;
    list->scratch_size[sums] = splits * count * sizeof(float);
    if (forward->y.space == LVK_SPACE_SCRATCH)
        lvk_launch_sum_rows_kept(list, sums, splits, count, y, 0);
    else if (forward->relu)
        lvk_launch_sum_rows_relu(list, LVK_SPACE_SCRATCH, sums, splits, count, y, 0);
    else
        lvk_launch_sum_rows(list, LVK_SPACE_SCRATCH, sums, splits, count, y, false, 0);
}

/* Adds the launches of a tile, block or subgroup kernel. */
static void launch_tiles(const lvk_conv_forward *forward, lvk_conv_kernel kernel, const lvk_caps *caps,
                         lvk_launch_list *list) {
    const lvk_conv_shape s = seen_by(forward, kernel);
    const lvk_operand x = prepare_x(forward, kernel, list), w = prepare_w(forward, kernel, list);
    /* The sum of a phase is not split, since a phase writes scattered pixels of y, and partial sums are added
     * over all of y. */
    const lvk_conv_tiling tiling = lvk_conv_tiling_of(&s, kernel, caps, !forward->phase);
    const bool split = tiling.splits > 1;
    lvk_launch *launch =
        lvk_conv_forward_add(forward, list, shader_of(forward, kernel, caps), lvk_conv_reads(kernel), x, w,
                             split ? lvk_operand_scratch(LVK_CONV_SCRATCH_SUMS) : forward->y);
    if (kernel == LVK_CONV_TILE)
        lvk_launch_constant(launch, tiling.channels);
    lvk_launch_constant(launch, forward->relu && !split); /* with splits, the ReLU follows the last sum */
    if (lvk_conv_is_subgroup(kernel) && caps->subgroup_size == 16) {
        lvk_launch_constant(launch, tiling.step / 4);
        lvk_launch_constant(launch, !is_pointwise(&s));
    }
    lvk_conv2d_params params = lvk_conv_params(&s);
    if (lvk_conv_reads_transposed(forward, kernel))
        lvk_conv_transposed_params(forward, &params);
    params.splits = tiling.splits;
    params.steps_per_split = tiling.steps_per_split;
    lvk_launch_parameters(launch, &params, sizeof params);
    const uint64_t items = tiling.items * tiling.splits;
    lvk_launch_groups(list, launch, kernel == LVK_CONV_BLOCK ? lvk_divide_up(items, 64) : items);
    if (split)
        add_partial_sums(forward, tiling.splits, lvk_conv_y_count(&s), list);
}

void lvk_conv_forward_launch(const lvk_conv_forward *forward, lvk_conv_kernel kernel, const lvk_caps *caps,
                             lvk_launch_list *list) {
    if (kernel == LVK_CONV_DIRECT)
        launch_direct(forward, list);
    else if (kernel == LVK_CONV_WINOGRAD)
        lvk_conv_winograd_launch(forward, list);
    else if (lvk_conv_is_patch(forward, kernel))
        lvk_conv_patch_launch(forward, kernel, caps, list);
    else
        launch_tiles(forward, kernel, caps, list);
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

/* Where no tuned choice is known, the plan takes the first candidate that is neither unsupported nor
 * unsuited. On a GPU this is never winograd or gemv, since tile stands before them and runs wherever they
 * run. Only the kernel tuner chooses winograd and gemv. */
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
