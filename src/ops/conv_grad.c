#include "ops/conv_grad.h"

#include "ops/conv_phase.h"
#include "ops/sum_rows.h"
#include "params/conv2d_grad_weight.h"

static bool all_fit(const lvk_conv_shape *s, lvk_conv_kernel kernel, const lvk_caps *caps) {
    return lvk_conv_fits(kernel, caps, lvk_conv_x_count(s)) &&
           lvk_conv_fits(kernel, caps, lvk_conv_y_count(s)) &&
           lvk_conv_fits(kernel, caps, lvk_conv_w_count(s));
}

const char *lvk_conv_grad_input_unsupported(const lvk_conv_shape *s, lvk_conv_kernel kernel,
                                            const lvk_caps *caps) {
    const char *reason = lvk_conv_kernel_unsupported(kernel, caps);
    if (reason)
        return reason;
    if (kernel != LVK_CONV_DIRECT && (s->in_c % 4 || s->out_c % 4))
        return "channels are not multiples of 4";
    if (lvk_conv_is_subgroup(kernel) && (uint64_t)s->stride_h * s->stride_w > LVK_CONV_MOST_PHASES)
        return "the stride is too large";
    return all_fit(s, kernel, caps) ? NULL : "a tensor is too large for one binding";
}

void lvk_conv_grad_input_launch(const lvk_conv_shape *s, lvk_conv_kernel kernel, const lvk_caps *caps,
                                lvk_launch_list *list) {
    if (lvk_conv_is_subgroup(kernel)) {
        lvk_conv_phases_launch(s, kernel, caps, list);
        return;
    }
    const bool block = kernel == LVK_CONV_BLOCK;
    lvk_launch *launch = lvk_launch_add(list, block ? "conv2d_grad_input_block" : "conv2d_grad_input_direct");
    lvk_launch_input(launch, LVK_BIND_STORAGE, 0);
    lvk_launch_input(launch, LVK_BIND_STORAGE, 1);
    lvk_launch_output(launch, LVK_BIND_STORAGE, 0);
    const lvk_conv2d_params params = lvk_conv_params(s);
    lvk_launch_parameters(launch, &params, sizeof params);
    const uint64_t block_items = lvk_divide_up(s->batch, 4) * s->in_h * s->in_w * (s->in_c / 4);
    lvk_launch_groups(list, launch, lvk_divide_up(block ? block_items : lvk_conv_x_count(s), 64));
}

/* The tile of dw that one workgroup of a subgroup kernel computes: taps x input channels x 4 output channels
 * a lane. variants.txt has the same numbers for the shaders of these names. */
typedef struct tile_kind {
    uint32_t taps_h, taps_w, channels;
    const char *variants[4];
} tile_kind;

#define VARIANTS(name)                                                                                       \
    {"conv2d_grad_weight_" name "_texel16", "conv2d_grad_weight_" name "_texel8",                            \
     "conv2d_grad_weight_" name "_texel4", "conv2d_grad_weight_" name "_buffer4"}

static const tile_kind *tile_of(const lvk_conv_shape *s) {
    static const tile_kind square = {3, 3, 4, VARIANTS("square")};
    static const tile_kind square2 = {3, 3, 4, VARIANTS("square2")}; /* at stride 2 */
    static const tile_kind wide2 = {1, 7, 4, VARIANTS("wide2")};
    static const tile_kind row = {1, 3, 8, VARIANTS("row")};
    static const tile_kind tap = {1, 1, 16, VARIANTS("tap")};
    const bool is_square = s->kernel_h == 3 && s->kernel_w == 3;
    if (s->in_c <= 4 && is_square && s->stride_w <= 2)
        return s->stride_w == 1 ? &square : &square2;
    if (s->in_c <= 4 && s->kernel_w == 7 && s->stride_w == 2)
        return &wide2;
    return s->kernel_w == 3 && s->stride_w == 1 ? &row : &tap;
}

const char *lvk_conv_grad_weight_unsupported(const lvk_conv_shape *shape, lvk_conv_kernel kernel,
                                             const lvk_caps *caps) {
    const char *reason = lvk_conv_kernel_unsupported(kernel, caps);
    if (reason)
        return reason;
    lvk_conv_shape s = *shape;
    if (kernel != LVK_CONV_DIRECT) {
        if (kernel != LVK_CONV_TILE && s.out_c % 4)
            return "output channels are not a multiple of 4";
        s.in_c = lvk_pad4(s.in_c);
    }
    return all_fit(&s, kernel, caps) ? NULL : "a tensor is too large for one binding";
}

/* For one split, the number of invocations of the direct and block kernels, or of workgroups of the other
 * kernels. */
static uint64_t count_items(const lvk_conv_shape *s, lvk_conv_kernel kernel, const lvk_caps *caps) {
    const tile_kind *tile = tile_of(s);
    if (kernel == LVK_CONV_DIRECT)
        return lvk_conv_w_count(s);
    if (kernel == LVK_CONV_BLOCK)
        return lvk_conv_w_count(s) / 16;
    if (kernel == LVK_CONV_TILE) {
        const lvk_conv_tile size = lvk_conv_tile_for(s->out_c);
        return lvk_divide_up(lvk_conv_w_count(s) / s->out_c, size.rows) *
               lvk_divide_up(s->out_c, size.columns);
    }
    return (uint64_t)(s->kernel_h / tile->taps_h) * (s->kernel_w / tile->taps_w) *
           lvk_divide_up(s->in_c, tile->channels) * lvk_divide_up(s->out_c, 4 * caps->subgroup_size);
}

static uint32_t choose_splits(const lvk_conv_shape *s, lvk_conv_kernel kernel, uint64_t items) {
    const uint64_t rows = (uint64_t)s->batch * s->out_h, least = lvk_divide_up(32, s->out_w);
    if (kernel == LVK_CONV_DIRECT || kernel == LVK_CONV_BLOCK)
        return lvk_conv_splits(items, 16384, rows, least, LVK_CONV_MAX_SPLITS);
    if (kernel == LVK_CONV_TILE)
        return lvk_conv_splits(items, 2 * LVK_CONV_TILE_GROUPS, rows, lvk_divide_up(128, s->out_w),
                               4 * LVK_CONV_MAX_SPLITS);
    /* There are enough workgroups to keep a few cores busy, and enough splits that the x and dy of one split
     * stay in a core's cache (1 MiB), since all tiles of a split read them. But there are no more partial
     * sums than numbers in x and dy, since each partial sum is written once and read once. */
    const uint64_t read = lvk_conv_x_count(s) + lvk_conv_y_count(s), written = lvk_conv_w_count(s);
    const uint64_t cached = lvk_divide_up(read * sizeof(float), 1 << 20), cheap = read / written;
    const uint64_t wanted = items * (cached < cheap ? cached : cheap);
    return lvk_conv_splits(items, wanted < 64 ? 64 : wanted, rows, least, LVK_CONV_MAX_SPLITS);
}

void lvk_conv_grad_weight_launch(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand x,
                                 lvk_operand dy, bool accumulate, const lvk_caps *caps,
                                 lvk_launch_list *list) {
    lvk_conv_shape s = *shape;
    const uint64_t rows = (uint64_t)s.batch * s.out_h, count = lvk_conv_w_count(shape);
    const bool invocations = kernel == LVK_CONV_DIRECT || kernel == LVK_CONV_BLOCK;
    if (kernel != LVK_CONV_DIRECT) {
        x = lvk_conv_pad_x(&s, kernel, x, list);
        s.in_c = lvk_pad4(s.in_c);
    }
    const uint64_t items = count_items(&s, kernel, caps);
    const uint32_t splits = choose_splits(&s, kernel, items);
    const char *shader = kernel == LVK_CONV_DIRECT  ? "conv2d_grad_weight_direct"
                         : kernel == LVK_CONV_TILE  ? "conv2d_grad_weight_tile"
                         : kernel == LVK_CONV_BLOCK ? "conv2d_grad_weight_block"
                                                    : lvk_conv_variant(kernel, caps, tile_of(&s)->variants);
    lvk_launch *launch = lvk_launch_add(list, shader);
    lvk_launch_operand(launch, lvk_conv_reads(kernel), x);
    lvk_launch_operand(launch, lvk_conv_reads(kernel), dy);
    lvk_launch_operand(launch, LVK_BIND_STORAGE, splits > 1 ? lvk_operand_scratch(2) : lvk_operand_output(0));
    if (kernel == LVK_CONV_TILE)
        lvk_launch_constant(launch, lvk_conv_tile_for(s.out_c).columns);
    const lvk_conv2d_grad_weight_params params = {.rows = (uint32_t)rows,
                                                  .in_h = s.in_h,
                                                  .in_w = s.in_w,
                                                  .in_c = s.in_c,
                                                  .channels = shape->in_c,
                                                  .out_h = s.out_h,
                                                  .out_w = s.out_w,
                                                  .out_c = s.out_c,
                                                  .kernel_h = s.kernel_h,
                                                  .kernel_w = s.kernel_w,
                                                  .stride_h = s.stride_h,
                                                  .stride_w = s.stride_w,
                                                  .pad_top = s.pad_top,
                                                  .pad_left = s.pad_left,
                                                  .splits = splits,
                                                  .rows_per_split = (uint32_t)lvk_divide_up(rows, splits),
                                                  .accumulate = splits == 1 && accumulate};
    lvk_launch_parameters(launch, &params, sizeof params);
    lvk_launch_groups(list, launch, invocations ? lvk_divide_up(items * splits, 64) : items * splits);
    if (splits > 1) {
        list->scratch_size[2] = splits * count * sizeof(float);
        lvk_launch_sum_rows(list, LVK_SPACE_SCRATCH, 2, splits, count, 0, accumulate, 0);
    }
}
