#include "ops/conv_space_to_depth.h"

#include "params/conv2d_space_to_depth.h"

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

lvk_conv_shape lvk_space_to_depth_shape(const lvk_conv_shape *shape) {
    lvk_conv_shape s = *shape;
    s.in_c *= least(s.kernel_h, s.stride_h) * least(s.kernel_w, s.stride_w);
    s.kernel_h = (uint32_t)lvk_divide_up(s.kernel_h, s.stride_h);
    s.kernel_w = (uint32_t)lvk_divide_up(s.kernel_w, s.stride_w);
    s.in_h = s.out_h + s.kernel_h - 1;
    s.in_w = s.out_w + s.kernel_w - 1;
    s.stride_h = s.stride_w = 1;
    s.pad_top = s.pad_left = 0;
    return s;
}

bool lvk_space_to_depth_pays(const lvk_conv_shape *s) {
    const lvk_conv_shape deep = lvk_space_to_depth_shape(s);
    lvk_conv_shape padded = *s;
    padded.in_c = lvk_pad4(s->in_c);
    return (s->stride_h > 1 || s->stride_w > 1) && s->in_c % 4 &&
           deep.in_c % 4 == 0 && /* the shaders write four numbers at a time */
           lvk_conv_w_count(&deep) <= lvk_conv_w_count(&padded);
}

/* The constants of conv2d_space_to_depth.comp and conv2d_depth_to_space.comp. */
static void add_constants(lvk_launch *launch, const lvk_conv_shape *s, uint32_t channels) {
    lvk_launch_constant(launch, s->stride_h);
    lvk_launch_constant(launch, s->stride_w);
    lvk_launch_constant(launch, least(s->kernel_h, s->stride_h));
    lvk_launch_constant(launch, least(s->kernel_w, s->stride_w));
    lvk_launch_constant(launch, channels);
}

/* Adds the launch that makes params->pixels pixels, in images of out_h x out_w, from images of in_h x in_w
 * pixels. */
static lvk_operand add_space_to_depth(const lvk_conv_shape *s, lvk_conv_kernel kernel, lvk_operand from,
                                      int to, uint32_t channels,
                                      const lvk_conv2d_space_to_depth_params *params, lvk_launch_list *list) {
    const uint64_t block = (uint64_t)least(s->kernel_h, s->stride_h) * least(s->kernel_w, s->stride_w);
    const uint64_t count = params->pixels * block * channels;
    list->scratch_size[to] = count * sizeof(float);
    lvk_launch *launch = lvk_launch_flat(
        list, kernel == LVK_CONV_SUBGROUP_TEXEL ? "conv2d_space_to_depth_texels" : "conv2d_space_to_depth",
        count);
    lvk_launch_operand(launch, lvk_conv_reads(kernel), from);
    lvk_launch_scratch(launch, LVK_BIND_STORAGE, to);
    add_constants(launch, s, channels);
    lvk_launch_parameters(launch, params, sizeof *params);
    return lvk_operand_scratch(to);
}

lvk_operand lvk_space_to_depth_x(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand x, int to,
                                 lvk_launch_list *list) {
    const lvk_conv_shape deep = lvk_space_to_depth_shape(shape);
    const lvk_conv2d_space_to_depth_params params = {.pixels = deep.batch * deep.in_h * deep.in_w,
                                                     .in_h = shape->in_h,
                                                     .in_w = shape->in_w,
                                                     .out_h = deep.in_h,
                                                     .out_w = deep.in_w,
                                                     .pad_top = shape->pad_top,
                                                     .pad_left = shape->pad_left};
    return add_space_to_depth(shape, kernel, x, to, shape->in_c, &params, list);
}

/* The shader takes w as one image of kernel_h x kernel_w pixels with in_c * out_c channels. */
lvk_operand lvk_space_to_depth_w(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand w, int to,
                                 lvk_launch_list *list) {
    const lvk_conv_shape deep = lvk_space_to_depth_shape(shape);
    if (lvk_conv_w_count(&deep) == lvk_conv_w_count(shape) && deep.kernel_h == 1 && deep.kernel_w == 1)
        return w; /* the kernel is one square of stride_h x stride_w taps, so that w' has the order of w */
    const lvk_conv2d_space_to_depth_params params = {.pixels = deep.kernel_h * deep.kernel_w,
                                                     .in_h = shape->kernel_h,
                                                     .in_w = shape->kernel_w,
                                                     .out_h = deep.kernel_h,
                                                     .out_w = deep.kernel_w};
    return add_space_to_depth(shape, kernel, w, to, shape->in_c * shape->out_c, &params, list);
}

void lvk_depth_to_space_x(const lvk_conv_shape *shape, int from, lvk_launch_list *list) {
    const lvk_conv_shape deep = lvk_space_to_depth_shape(shape);
    lvk_launch *launch = lvk_launch_flat(list, "conv2d_depth_to_space", lvk_conv_x_count(shape));
    lvk_launch_scratch(launch, LVK_BIND_STORAGE, from);
    lvk_launch_output(launch, LVK_BIND_STORAGE, 0);
    add_constants(launch, shape, shape->in_c);
    const lvk_conv2d_space_to_depth_params params = {.pixels =
                                                         (uint32_t)(lvk_conv_x_count(shape) / shape->in_c),
                                                     .in_h = shape->in_h,
                                                     .in_w = shape->in_w,
                                                     .out_h = deep.in_h,
                                                     .out_w = deep.in_w,
                                                     .pad_top = shape->pad_top,
                                                     .pad_left = shape->pad_left};
    lvk_launch_parameters(launch, &params, sizeof params);
}
