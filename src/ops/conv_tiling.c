#include "ops/conv_tiling.h"

/* The sizes of a kernel's tiles and steps are those of its shader. */
typedef struct tile_size {
    uint32_t pixels, channels; /* of y, in a tile */
    uint32_t step;             /* products in a step of the sum */
    uint32_t wanted;           /* items of work that keep a device busy */
    uint32_t least;            /* steps of a split below which its partial sums cost more than it gains */
} tile_size;

/* The number of vec4s of input channels that an iteration of conv2d_subgroup.comp reads. An iteration is a
 * step of the sum. The number is at most four and divides the number of vec4s of x. */
static uint32_t vectors_of_step(const lvk_conv_shape *shape, uint32_t lanes) {
    uint32_t vectors = lanes == 16 ? 4 : 1;
    while (shape->in_c / 4 % vectors)
        --vectors;
    return vectors;
}

static tile_size size_of(const lvk_conv_shape *shape, lvk_conv_kernel kernel, const lvk_caps *caps) {
    const uint32_t lanes = caps->subgroup_size;
    const lvk_conv_tile tile = lvk_conv_tile_for(shape->out_c);
    if (kernel == LVK_CONV_TILE)
        return (tile_size){.pixels = tile.rows,
                           .channels = tile.columns,
                           .step = LVK_CONV_TILE_DEPTH,
                           .wanted = LVK_CONV_TILE_GROUPS,
                           .least = 8};
    if (kernel == LVK_CONV_BLOCK)
        return (tile_size){.pixels = 4, .channels = 4, .step = 4, .wanted = 4096, .least = 32};
    const uint32_t vectors = vectors_of_step(shape, lanes);
    return (tile_size){.pixels = lanes == 8 ? 4 * lanes : 2 * lanes,
                       .channels = lanes == 4 ? 16 : 32,
                       .step = 4 * vectors,
                       .wanted = 32,
                       .least = 32 / vectors};
}

lvk_conv_tiling lvk_conv_tiling_of(const lvk_conv_shape *s, lvk_conv_kernel kernel, const lvk_caps *caps,
                                   bool may_split) {
    const tile_size size = size_of(s, kernel, caps);
    const uint64_t steps = lvk_divide_up((uint64_t)s->kernel_h * s->kernel_w * s->in_c, size.step);
    const uint64_t items =
        lvk_divide_up(lvk_conv_y_count(s) / s->out_c, size.pixels) * lvk_divide_up(s->out_c, size.channels);
    const uint32_t splits =
        may_split ? lvk_conv_splits(items, size.wanted, steps, size.least, LVK_CONV_MAX_SPLITS) : 1;
    return (lvk_conv_tiling){.channels = size.channels,
                             .step = size.step,
                             .items = items,
                             .splits = splits,
                             .steps_per_split = (uint32_t)lvk_divide_up(steps, splits)};
}
