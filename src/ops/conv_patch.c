#include "ops/conv_patch.h"

enum { RUN = 4 }; /* pixels of a row that one lane computes; the shader has the same number */

bool lvk_conv_is_patch(const lvk_conv_forward *forward, lvk_conv_kernel kernel) {
    const lvk_conv_shape *s = &forward->shape;
    return lvk_conv_is_subgroup(kernel) && !forward->transposed && !forward->residual && s->in_c == 3 &&
           s->kernel_h == 3 && s->kernel_w == 3 && s->stride_h == 1 && s->stride_w == 1;
}

void lvk_conv_patch_launch(const lvk_conv_forward *forward, lvk_conv_kernel kernel, const lvk_caps *caps,
                           lvk_launch_list *list) {
    static const char *const variants[4] = {"conv2d_patch_texel16", "conv2d_patch_texel8",
                                            "conv2d_patch_texel4", "conv2d_patch_buffer4"};
    const lvk_conv_shape *s = &forward->shape;
    const lvk_operand x = lvk_conv_pad_x(s, kernel, forward->x, list);
    lvk_launch *launch = lvk_conv_forward_add(forward, list, lvk_conv_variant(kernel, caps, variants),
                                              lvk_conv_reads(kernel), x, forward->w, forward->y);
    lvk_launch_constant(launch, forward->relu);
    const lvk_conv2d_params params = lvk_conv_params(s);
    lvk_launch_parameters(launch, &params, sizeof params);
    const uint64_t runs = (uint64_t)s->batch * s->out_h * lvk_divide_up(s->out_w, RUN);
    lvk_launch_groups(list, launch, lvk_divide_up(runs, caps->subgroup_size));
}
