#include "ops/conv_shape.h"

#include "params/pad_rows.h"

lvk_conv_shape lvk_conv_shape_conv2d(const lvk_type *x, const lvk_type *w, const lvk_type *y,
                                     const lvk_conv2d_attributes *attributes) {
    return (lvk_conv_shape){.batch = x->dim[0],
                            .in_h = x->dim[1],
                            .in_w = x->dim[2],
                            .in_c = x->dim[3],
                            .out_h = y->dim[1],
                            .out_w = y->dim[2],
                            .out_c = y->dim[3],
                            .kernel_h = w->dim[0],
                            .kernel_w = w->dim[1],
                            .stride_h = attributes->stride_h,
                            .stride_w = attributes->stride_w,
                            .pad_top = (int32_t)attributes->pad_top,
                            .pad_left = (int32_t)attributes->pad_left};
}

lvk_conv_shape lvk_conv_shape_dense(const lvk_type *x, const lvk_type *w) {
    return (lvk_conv_shape){.batch = x->dim[0],
                            .in_h = 1,
                            .in_w = 1,
                            .in_c = w->dim[0],
                            .out_h = 1,
                            .out_w = 1,
                            .out_c = w->dim[1],
                            .kernel_h = 1,
                            .kernel_w = 1,
                            .stride_h = 1,
                            .stride_w = 1};
}

lvk_conv_shape lvk_conv_shape_transposed(const lvk_conv_shape *shape) {
    lvk_conv_shape result = *shape;
    result.in_h = shape->out_h;
    result.in_w = shape->out_w;
    result.in_c = shape->out_c;
    result.out_h = shape->in_h;
    result.out_w = shape->in_w;
    result.out_c = shape->in_c;
    result.pad_top = (int32_t)shape->kernel_h - 1 - shape->pad_top;
    result.pad_left = (int32_t)shape->kernel_w - 1 - shape->pad_left;
    return result;
}

uint64_t lvk_conv_x_count(const lvk_conv_shape *s) {
    return (uint64_t)s->batch * s->in_h * s->in_w * s->in_c;
}

uint64_t lvk_conv_w_count(const lvk_conv_shape *s) {
    return (uint64_t)s->kernel_h * s->kernel_w * s->in_c * s->out_c;
}

uint64_t lvk_conv_y_count(const lvk_conv_shape *s) {
    return (uint64_t)s->batch * s->out_h * s->out_w * s->out_c;
}

double lvk_conv_flops(const lvk_conv_shape *s) {
    return 2.0 * (double)lvk_conv_y_count(s) * s->kernel_h * s->kernel_w * s->in_c;
}

lvk_conv2d_params lvk_conv_params(const lvk_conv_shape *s) {
    return (lvk_conv2d_params){.batch = s->batch,
                               .in_h = s->in_h,
                               .in_w = s->in_w,
                               .in_c = s->in_c,
                               .out_h = s->out_h,
                               .out_w = s->out_w,
                               .out_c = s->out_c,
                               .kernel_h = s->kernel_h,
                               .kernel_w = s->kernel_w,
                               .stride_h = s->stride_h,
                               .stride_w = s->stride_w,
                               .pad_top = s->pad_top,
                               .pad_left = s->pad_left,
                               .splits = 1};
}

void lvk_conv_shape_constants(lvk_launch *launch, const lvk_conv_shape *s) {
    const uint32_t constants[] = {s->in_h, s->in_w, lvk_pad4(s->in_c), s->out_h, s->out_w, s->out_c};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; ++i)
        lvk_launch_constant(launch, constants[i]);
}

void lvk_launch_operand(lvk_launch *launch, lvk_binding_kind kind, lvk_operand operand) {
    if (operand.space == LVK_SPACE_INPUT)
        lvk_launch_input(launch, kind, operand.index);
    else if (operand.space == LVK_SPACE_OUTPUT)
        lvk_launch_output(launch, kind, operand.index);
    else
        lvk_launch_scratch(launch, kind, operand.index);
}

const char *lvk_conv_kernel_unsupported(lvk_conv_kernel kernel, const lvk_caps *caps) {
    const uint32_t lanes = caps->subgroup_size;
    if (!lvk_conv_is_subgroup(kernel))
        return NULL;
    if (kernel == LVK_CONV_SUBGROUP_TEXEL)
        return !caps->subgroup_shuffle                   ? "the device has no subgroup shuffle"
               : lanes != 4 && lanes != 8 && lanes != 16 ? "the device's subgroups have not 4, 8 or 16 lanes"
               : caps->max_texels == 0 ? "the driver is not known to read 0 beyond the end of a texel buffer"
                                       : NULL;
    return !caps->subgroup_broadcast ? "the device has no subgroup broadcast"
           : lanes != 4              ? "the device's subgroups have not 4 lanes"
                                     : NULL;
}

const char *lvk_conv_texel_unsuited(const lvk_call *call, const lvk_caps *caps) {
    const char *reason = lvk_op_for_cpus(call, caps);
    return reason                       ? reason
           : caps->max_texels < 1 << 20 ? "texel buffers of the device's size are slow ones"
                                        : NULL;
}

lvk_conv_tile lvk_conv_tile_for(uint32_t columns) {
    return columns <= 32 ? (lvk_conv_tile){.rows = 128, .columns = 32}
                         : (lvk_conv_tile){.rows = 64, .columns = 64};
}

bool lvk_conv_fits(lvk_conv_kernel kernel, const lvk_caps *caps, uint64_t count) {
    return count <= INT32_MAX && count * sizeof(float) <= caps->max_storage_range &&
           (kernel != LVK_CONV_SUBGROUP_TEXEL || lvk_divide_up(count, 4) <= caps->max_texels);
}

lvk_binding_kind lvk_conv_reads(lvk_conv_kernel kernel) {
    return kernel == LVK_CONV_SUBGROUP_TEXEL ? LVK_BIND_TEXELS : LVK_BIND_STORAGE;
}

const char *lvk_conv_variant(lvk_conv_kernel kernel, const lvk_caps *caps, const char *const names[4]) {
    if (kernel == LVK_CONV_SUBGROUP_BUFFER)
        return names[3];
    return names[caps->subgroup_size == 16 ? 0 : caps->subgroup_size == 8 ? 1 : 2];
}

uint32_t lvk_conv_splits(uint64_t items, uint64_t wanted, uint64_t steps, uint64_t least, uint64_t most) {
    uint64_t splits = lvk_divide_up(wanted, items);
    if (splits > steps / least)
        splits = steps / least;
    if (splits > most)
        splits = most;
    if (splits < 1)
        splits = 1;
    /* No split may be empty. Of 10 steps, for example, 6 splits of 2 would leave none for the last, so that
     * there are 5 splits. */
    return (uint32_t)lvk_divide_up(steps, lvk_divide_up(steps, splits));
}

/* Adds a launch of `shader` that copies [outer, rows, width] to [outer, rows padded to a multiple of 4,
 * width], where the new rows are zero. An invocation writes `vectors` times four numbers. */
static void add_pad(lvk_launch_list *list, const char *shader, uint32_t vectors, lvk_binding_kind reads,
                    lvk_operand from, lvk_operand to, uint64_t outer, uint32_t rows, uint32_t width) {
    const uint64_t count = outer * lvk_pad4(rows) * width;
    lvk_launch *pad = lvk_launch_flat(list, shader, count / vectors);
    lvk_launch_operand(pad, reads, from);
    lvk_launch_operand(pad, LVK_BIND_STORAGE, to);
    const lvk_pad_rows_params params = {
        .count = (uint32_t)count, .rows = rows, .rows_padded = lvk_pad4(rows), .width = width};
    lvk_launch_parameters(pad, &params, sizeof params);
}

lvk_operand lvk_conv_pad_x(const lvk_conv_shape *s, lvk_conv_kernel kernel, lvk_operand x,
                           lvk_launch_list *list) {
    if (s->in_c % 4 == 0)
        return x;
    const uint64_t pixels = (uint64_t)s->batch * s->in_h * s->in_w;
    const lvk_operand padded = lvk_operand_scratch(LVK_CONV_SCRATCH_X);
    list->scratch_size[LVK_CONV_SCRATCH_X] = pixels * lvk_pad4(s->in_c) * sizeof(float);
    if (kernel == LVK_CONV_SUBGROUP_TEXEL && s->in_c == 3 && pixels % 4 == 0)
        add_pad(list, "pad_colours_texels", 4, LVK_BIND_TEXELS, x, padded, pixels, 3, 1);
    else
        add_pad(list, "pad_rows", 1, LVK_BIND_STORAGE, x, padded, pixels, s->in_c, 1);
    return padded;
}

lvk_operand lvk_conv_pad_w(const lvk_conv_shape *s, lvk_operand w, lvk_launch_list *list) {
    if (s->in_c % 4 == 0)
        return w;
    const uint32_t taps = s->kernel_h * s->kernel_w;
    list->scratch_size[LVK_CONV_SCRATCH_W] = (uint64_t)taps * lvk_pad4(s->in_c) * s->out_c * sizeof(float);
    add_pad(list, "pad_rows", 1, LVK_BIND_STORAGE, w, lvk_operand_scratch(LVK_CONV_SCRATCH_W), taps, s->in_c,
            s->out_c);
    return lvk_operand_scratch(LVK_CONV_SCRATCH_W);
}
