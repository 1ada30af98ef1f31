/* Convolutions of 3x3 at stride 1 by Winograd's F(2x2, 3x3), which computes 2x2 pixels of y from 4x4 pixels
 * of x with 16 products a channel in place of 36. Launches of their own transform x and w, compute 16
 * products of matrices (shaders/common/tile.glsl), and transform the products to y. Source: A. Lavin, S.
 * Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308. */
#ifndef LVK_OPS_CONV_WINOGRAD_H
#define LVK_OPS_CONV_WINOGRAD_H

#include "ops/conv_forward.h"

/* The reason why Winograd's form cannot (unsupported) or should not (unsuited) compute the convolution,
 * static text, or NULL. */
const char *lvk_conv_winograd_unsupported(const lvk_conv_forward *forward, const lvk_caps *caps);
const char *lvk_conv_winograd_unsuited(const lvk_conv_forward *forward, const lvk_caps *caps);

/* Adds the launches. Scratch 0 holds the padded x, 1 the transformed w, 2 the transformed x and 3 the
 * products, of one chunk of tiles. */
void lvk_conv_winograd_launch(const lvk_conv_forward *forward, lvk_launch_list *list);

#endif
