#include "ops/conv_winograd.h"

#include "params/conv2d_winograd.h"

enum {
    MATRICES = 16,
    LEAST_CHANNELS = 16,   /* with fewer input channels the transforms cost more than the saved products */
    CHUNK_BYTES = 1 << 26, /* transformed x and products of a chunk: about the cache of a large GPU */
    MOST_CHUNKS = 9,       /* a chunk takes three launches, and a list of launches is limited */
    MEMORY_SHARE = 4       /* scratch takes at most a quarter of the device's memory */
};

_Static_assert(2 + 3 * MOST_CHUNKS <= LVK_MAX_LAUNCHES, "x is padded, w transformed, chunks follow");

/* A tile is 2x2 pixels of y. The tiles are computed in chunks, since the scratch of all tiles would have four
 * times the size of x and y. A chunk takes CHUNK_BYTES of scratch, or more where MOST_CHUNKS such chunks do
 * not hold all tiles. */
typedef struct winograd_work {
    uint64_t tiles, chunk; /* all tiles, and those of one chunk */
    uint64_t u, v,
        m; /* elements of the transformed w, and, of one chunk, of the transformed x and products */
} winograd_work;

static winograd_work work_of(const lvk_conv_shape *s) {
    const uint64_t tiles = s->batch * lvk_divide_up(s->out_h, 2) * lvk_divide_up(s->out_w, 2);
    const uint64_t in_c = lvk_pad4(s->in_c), tile_size = MATRICES * (in_c + s->out_c);
    const uint64_t wanted = lvk_divide_up(tiles * tile_size * sizeof(float), CHUNK_BYTES);
    const uint64_t chunk = lvk_divide_up(tiles, wanted < MOST_CHUNKS ? wanted : MOST_CHUNKS);
    return (winograd_work){.tiles = tiles,
                           .chunk = chunk,
                           .u = MATRICES * in_c * s->out_c,
                           .v = MATRICES * chunk * in_c,
                           .m = MATRICES * chunk * s->out_c};
}

/* Whether scratch takes at most 1 / MEMORY_SHARE of the device's memory, `whole` bytes (0: not known). */
static bool has_room(uint64_t whole, const winograd_work *work) {
    return whole == 0 || (work->u + work->v + work->m) * sizeof(float) <= whole / MEMORY_SHARE;
}

const char *lvk_conv_winograd_unsupported(const lvk_conv_forward *forward, const lvk_caps *caps) {
    const lvk_conv_shape *s = &forward->shape;
    if (s->kernel_h != 3 || s->kernel_w != 3 || s->stride_h != 1 || s->stride_w != 1)
        return "is for kernels of 3x3 at stride 1";
    if (s->out_c % 4)
        return "output channels are not a multiple of 4";
    lvk_conv_shape padded = *s;
    padded.in_c = lvk_pad4(s->in_c);
    const winograd_work work = work_of(s);
    const uint64_t counts[] = {
        work.u, work.v, work.m, lvk_conv_x_count(&padded), lvk_conv_w_count(s), lvk_conv_y_count(s)};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; ++i)
        if (!lvk_conv_fits(LVK_CONV_WINOGRAD, caps, counts[i]))
            return "a tensor is too large for one binding";
    return has_room(caps->memory, &work) && has_room(caps->max_allocation, &work)
               ? NULL
               : "the transformed tensors take too much of the device's memory";
}

const char *lvk_conv_winograd_unsuited(const lvk_conv_forward *forward, const lvk_caps *caps) {
    return caps->is_cpu                           ? "made for GPUs"
           : forward->shape.in_c < LEAST_CHANNELS ? "pays from 16 input channels on"
                                                  : NULL;
}

/* Adds a launch of `shader` with an invocation for each of `count` items, and the launch's first binding. */
static lvk_launch *add_transform(lvk_launch_list *list, const char *shader,
                                 const lvk_conv2d_winograd_params *params, uint64_t count,
                                 lvk_operand reads) {
    lvk_launch *launch = lvk_launch_add(list, shader);
    lvk_launch_parameters(launch, params, sizeof *params);
    lvk_launch_groups(list, launch, lvk_divide_up(count, 64));
    lvk_launch_operand(launch, LVK_BIND_STORAGE, reads);
    return launch;
}

static void add_product(const lvk_conv2d_winograd_params *params, lvk_launch_list *list) {
    const lvk_conv_tile size = lvk_conv_tile_for(params->out_c);
    lvk_launch *launch = lvk_launch_add(list, "conv2d_winograd_product");
    lvk_launch_scratch(launch, LVK_BIND_STORAGE, 2);
    lvk_launch_scratch(launch, LVK_BIND_STORAGE, 1);
    lvk_launch_scratch(launch, LVK_BIND_STORAGE, 3);
    lvk_launch_constant(launch, size.columns);
    lvk_launch_parameters(launch, params, sizeof *params);
    lvk_launch_groups(list, launch,
                      MATRICES * lvk_divide_up(params->tiles, size.rows) *
                          lvk_divide_up(params->out_c, size.columns));
}

static void add_output(const lvk_conv_forward *forward, const lvk_conv2d_winograd_params *params,
                       lvk_launch_list *list) {
    lvk_launch *launch =
        add_transform(list, forward->residual ? "conv2d_add_relu_winograd_output" : "conv2d_winograd_output",
                      params, (uint64_t)params->tiles * params->out_c / 4, lvk_operand_scratch(3));
    lvk_launch_operand(launch, LVK_BIND_STORAGE,
                       forward->bias ? *forward->bias
                                     : forward->w); /* without a bias the shader reads nothing here */
    lvk_launch_operand(launch, LVK_BIND_STORAGE, forward->y);
    if (forward->residual)
        lvk_launch_operand(launch, LVK_BIND_STORAGE, *forward->residual);
    lvk_launch_constant(launch, forward->bias != NULL);
    lvk_launch_constant(launch, forward->relu);
}

void lvk_conv_winograd_launch(const lvk_conv_forward *forward, lvk_launch_list *list) {
    const lvk_conv_shape *s = &forward->shape;
    const lvk_operand x = lvk_conv_pad_x(s, LVK_CONV_WINOGRAD, forward->x, list);
    const winograd_work work = work_of(s);
    lvk_conv2d_winograd_params params = {.in_h = s->in_h,
                                         .in_w = s->in_w,
                                         .in_c = lvk_pad4(s->in_c),
                                         .out_h = s->out_h,
                                         .out_w = s->out_w,
                                         .out_c = s->out_c,
                                         .pad_top = s->pad_top,
                                         .pad_left = s->pad_left,
                                         .tiles_h = (uint32_t)lvk_divide_up(s->out_h, 2),
                                         .tiles_w = (uint32_t)lvk_divide_up(s->out_w, 2),
                                         .channels = s->in_c};
    list->scratch_size[1] = work.u * sizeof(float);
    list->scratch_size[2] = work.v * sizeof(float);
    list->scratch_size[3] = work.m * sizeof(float);
    lvk_launch *weight =
        add_transform(list, "conv2d_winograd_weight", &params, work.u / MATRICES, forward->w);
    lvk_launch_scratch(weight, LVK_BIND_STORAGE, 1);
    lvk_launch_constant(weight, forward->transposed);
    for (uint64_t first = 0; first < work.tiles; first += work.chunk) {
        const uint64_t left = work.tiles - first;
        params.first = (uint32_t)first;
        params.tiles = (uint32_t)(left < work.chunk ? left : work.chunk);
        lvk_launch *input = add_transform(list, "conv2d_winograd_input", &params,
                                          (uint64_t)params.tiles * params.in_c / 4, x);
        lvk_launch_scratch(input, LVK_BIND_STORAGE, 2);
        add_product(&params, list);
        add_output(forward, &params, list);
    }
}
