/* Launches of those gradients of conv2d and dense that conv_forward.h does not have. */
#ifndef LVK_OPS_CONV_GRAD_H
#define LVK_OPS_CONV_GRAD_H

#include "ops/conv_shape.h"

/* dx (output 0) from dy (input 0) and w (input 1), for any stride: by phases (a subgroup kernel), or by the gather kernels
 * (LVK_CONV_BLOCK, LVK_CONV_DIRECT). */
const char *lvk_conv_grad_input_unsupported(const lvk_conv_shape *shape, lvk_conv_kernel kernel,
                                            const lvk_caps *caps);
void lvk_conv_grad_input_launch(const lvk_conv_shape *shape, lvk_conv_kernel kernel, const lvk_caps *caps,
                                lvk_launch_list *list);

/* dw (output 0) from x and dy; with `accumulate` it is added to what output 0 holds. Scratch 0: padded x, and later sums of
 * partial sums; 2: partial sums. */
const char *lvk_conv_grad_weight_unsupported(const lvk_conv_shape *shape, lvk_conv_kernel kernel,
                                             const lvk_caps *caps);
void lvk_conv_grad_weight_launch(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand x,
                                 lvk_operand dy, bool accumulate, const lvk_caps *caps,
                                 lvk_launch_list *list);

#endif
