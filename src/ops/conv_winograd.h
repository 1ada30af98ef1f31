/* Convolutions of 3x3 at stride 1 by Winograd's F(2x2, 3x3): 2x2 pixels of y from 4x4 of x with 16 products a
 * channel in place of 36. x, w and sums of products are transformed by launches of their own; in between are
 * 16 products of matrices (shaders/common/tile.glsl).
 * A. Lavin, S. Gray: Fast Algorithms for Convolutional Neural Networks, arXiv:1509.09308. */
#ifndef LVK_OPS_CONV_WINOGRAD_H
#define LVK_OPS_CONV_WINOGRAD_H

#include "ops/conv_forward.h"

/* The reasons why Winograd's form cannot, or should not, compute the convolution; or NULL. */
const char *lvk_conv_winograd_unsupported(const lvk_conv_forward *forward, const lvk_caps *caps);
const char *lvk_conv_winograd_unsuited(const lvk_conv_forward *forward, const lvk_caps *caps);

/* Adds the launches. Scratch 0: padded x; 1: transformed w; 2, 3: transformed x and products of one batch of tiles.
 */
void lvk_conv_winograd_launch(const lvk_conv_forward *forward, lvk_launch_list *list);

#endif
