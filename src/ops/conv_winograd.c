#include "ops/conv_winograd.h"

#include "params/conv2d_winograd.h"

/* Least input channels: below, the transforms cost more than the products that they save. Parts of the
 * device's memory that the transformed tensors, four times as large as x and y, may take at most. */
enum { MATRICES = 16, LEAST_CHANNELS = 16, MEMORY_PART = 4 };

typedef struct winograd_counts {
    uint64_t tiles;   /* 2x2 pixels of y each */
    uint64_t u, v, m; /* elements of transformed w, transformed x and of the products */
} winograd_counts;

static winograd_counts count_of(const lvk_conv_shape *s) {
    const uint64_t tiles = s->batch * lvk_divide_up(s->out_h, 2) * lvk_divide_up(s->out_w, 2);
    const uint64_t in_c = lvk_pad4(s->in_c);
    return (winograd_counts){.tiles = tiles,
                             .u = MATRICES * in_c * s->out_c,
                             .v = MATRICES * tiles * in_c,
                             .m = MATRICES * tiles * s->out_c};
}

/* Whether a part of `whole` bytes (0: not known) has room for the transformed tensors. */
static bool has_room(uint64_t whole, const winograd_counts *count) {
    return whole == 0 || (count->u + count->v + count->m) * sizeof(float) <= whole / MEMORY_PART;
}

const char *lvk_conv_winograd_obstacle(const lvk_conv_forward *forward, const lvk_caps *caps) {
    const lvk_conv_shape *s = &forward->shape;
    if (s->kernel_h != 3 || s->kernel_w != 3 || s->stride_h != 1 || s->stride_w != 1)
        return "is for kernels of 3x3 at stride 1";
    if (s->in_c < LEAST_CHANNELS)
        return "is for 16 input channels or more";
    if (s->out_c % 4)
        return "output channels are not a multiple of 4";
    lvk_conv_shape padded = *s;
    padded.in_c = lvk_pad4(s->in_c);
    const winograd_counts count = count_of(s);
    const uint64_t counts[] = {
        count.u, count.v, count.m, lvk_conv_x_count(&padded), lvk_conv_w_count(s), lvk_conv_y_count(s)};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; ++i)
        if (!lvk_conv_fits(LVK_CONV_WINOGRAD, caps, counts[i]))
            return "a tensor is too large for one binding";
    return has_room(caps->memory, &count) && has_room(caps->max_allocation, &count)
               ? NULL
               : "the transformed tensors take too much of the device's memory";
}

/* A launch that begins with a given binding; every one has the same parameters. */
static lvk_launch *add(lvk_launch_list *list, const char *shader, const lvk_conv2d_winograd_params *params,
                       uint64_t groups, lvk_operand reads) {
    lvk_launch *launch = lvk_launch_add(list, shader);
    lvk_launch_parameters(launch, params, sizeof *params);
    lvk_launch_groups(list, launch, groups);
    lvk_launch_operand(launch, LVK_BIND_STORAGE, reads);
    return launch;
}

static void add_output(const lvk_conv_forward *forward, const lvk_conv2d_winograd_params *params,
                       lvk_launch_list *list) {
    const char *shader = forward->residual ? "conv2d_add_relu_winograd_output" : "conv2d_winograd_output";
    const uint64_t quads = (uint64_t)params->tiles * params->out_c / 4;
    lvk_launch *launch = add(list, shader, params, lvk_divide_up(quads, 64), lvk_operand_scratch(3));
    lvk_launch_operand(launch, LVK_BIND_STORAGE,
                       forward->bias ? *forward->bias : forward->w); /* w: bound, not read */
    lvk_launch_operand(launch, LVK_BIND_STORAGE, forward->y);
    if (forward->residual)
        lvk_launch_operand(launch, LVK_BIND_STORAGE, *forward->residual);
    lvk_launch_constant(launch, forward->bias != NULL);
    lvk_launch_constant(launch, forward->relu);
}

void lvk_conv_winograd_launch(const lvk_conv_forward *forward, lvk_launch_list *list) {
    const lvk_conv_shape *s = &forward->shape;
    const lvk_operand x = lvk_conv_pad_x(s, forward->x, list);
    const winograd_counts count = count_of(s);
    const lvk_conv_tile size = lvk_conv_tile_for(s->out_c);
    const lvk_conv2d_winograd_params params = {.in_h = s->in_h,
                                               .in_w = s->in_w,
                                               .in_c = lvk_pad4(s->in_c),
                                               .out_h = s->out_h,
                                               .out_w = s->out_w,
                                               .out_c = s->out_c,
                                               .pad_top = s->pad_top,
                                               .pad_left = s->pad_left,
                                               .tiles = (uint32_t)count.tiles,
                                               .tiles_h = (uint32_t)lvk_divide_up(s->out_h, 2),
                                               .tiles_w = (uint32_t)lvk_divide_up(s->out_w, 2),
                                               .channels = s->in_c};
    list->scratch_size[1] = count.u * sizeof(float);
    list->scratch_size[2] = count.v * sizeof(float);
    list->scratch_size[3] = count.m * sizeof(float);

    lvk_launch *weight =
        add(list, "conv2d_winograd_weight", &params, lvk_divide_up(count.u / MATRICES, 64), forward->w);
    lvk_launch_scratch(weight, LVK_BIND_STORAGE, 1);
    lvk_launch_constant(weight, forward->flip);

    lvk_launch *input =
        add(list, "conv2d_winograd_input", &params, lvk_divide_up(count.v / MATRICES / 4, 64), x);
    lvk_launch_scratch(input, LVK_BIND_STORAGE, 2);

    const uint64_t groups =
        MATRICES * lvk_divide_up(count.tiles, size.rows) * lvk_divide_up(s->out_c, size.columns);
    lvk_launch *product = add(list, "conv2d_winograd_product", &params, groups, lvk_operand_scratch(2));
    lvk_launch_scratch(product, LVK_BIND_STORAGE, 1);
    lvk_launch_scratch(product, LVK_BIND_STORAGE, 3);
    lvk_launch_constant(product, size.columns);

    add_output(forward, &params, list);
}
