/* Convolutions of 3x3 over three channels at stride 1, the first layer of many networks. They have a subgroup
 * kernel of their own (shaders/conv2d_patch_subgroup.comp), in which each lane holds all of x that its pixels
 * need. */
#ifndef LVK_OPS_CONV_PATCH_H
#define LVK_OPS_CONV_PATCH_H

#include "ops/conv_forward.h"

/* Whether the convolution is of this kind, and `kernel` is a subgroup kernel. */
bool lvk_conv_is_patch(const lvk_conv_forward *forward, lvk_conv_kernel kernel);

/* Adds the launches. Scratch buffer LVK_CONV_SCRATCH_X holds the padded x. */
void lvk_conv_patch_launch(const lvk_conv_forward *forward, lvk_conv_kernel kernel, const lvk_caps *caps,
                           lvk_launch_list *list);

#endif
