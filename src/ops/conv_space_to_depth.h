/* Space to depth turns a convolution with a stride into one at stride 1. Each rectangle of stride_h x
 * stride_w pixels of x becomes one pixel of x' with stride_h * stride_w times the channels, and the kernel w
 * is rearranged to w' likewise. Where the kernel is smaller than the stride, no tap meets the last rows or
 * columns of a rectangle, and x' does not hold them. The padding of x becomes zeros in x'.
 *
 *   x'[n,Y,X,(r,q,c)] = x[n, Y * stride_h + r - pad_top, X * stride_w + q - pad_left, c], 0 outside of x
 *   w'[ky,kx,(r,q,c),k] = w[ky * stride_h + r, kx * stride_w + q, c, k], 0 outside of w
 *   y[n,oy,ox,k] = sum x'[n, oy + ky, ox + kx, i] * w'[ky,kx,i,k]
 *
 * with 0 <= r < min(kernel_h, stride_h) and 0 <= q < min(kernel_w, stride_w). The shader is conv2d_space_to_depth.comp;
 * that of the inverse, depth to space, is conv2d_depth_to_space.comp. */
#ifndef LVK_OPS_CONV_SPACE_TO_DEPTH_H
#define LVK_OPS_CONV_SPACE_TO_DEPTH_H

#include "ops/conv_shape.h"

/* The shape of the convolution of x' and w'. */
lvk_conv_shape lvk_space_to_depth_shape(const lvk_conv_shape *shape);

/* Whether the convolution of x' and w' has fewer products than that of x and w with their channels padded to
 * 4. That is so where x has few channels, as in the first layer of a residual network. False without a
 * stride. */
bool lvk_space_to_depth_pays(const lvk_conv_shape *shape);

/* Adds the launch that writes x' or w' into scratch buffer `to`, and sets the buffer's size. The launch reads
 * x or w in the way that `kernel` does. Returns where x' or w' lies. Where w' has the same numbers in the
 * same order as w, this is w itself, and there is no launch. */
lvk_operand lvk_space_to_depth_x(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand x, int to,
                                 lvk_launch_list *list);
lvk_operand lvk_space_to_depth_w(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand w, int to,
                                 lvk_launch_list *list);

/* Adds the launch of depth to space, for gradients: it writes dx (output 0) from dx' in scratch buffer
 * `from`. shape->in_c is a multiple of 4. */
void lvk_depth_to_space_x(const lvk_conv_shape *shape, int from, lvk_launch_list *list);

#endif
