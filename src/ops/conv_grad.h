/* Launches of the gradients of conv2d and dense that are no transposed convolutions (those are in
 * conv_forward.h). */
#ifndef LVK_OPS_CONV_GRAD_H
#define LVK_OPS_CONV_GRAD_H

#include "ops/conv_shape.h"

/* Computes dx (output 0) from dy (input 0) and w (input 1) for any stride: subgroup kernels by phases
 * (conv_phase.h), LVK_CONV_BLOCK and LVK_CONV_DIRECT by gathering, where each invocation sums the terms of
 * its own elements of dx. The first function gives the reason why `kernel` cannot, static text, or NULL; the
 * second adds the launches. */
const char *lvk_conv_grad_input_unsupported(const lvk_conv_shape *shape, lvk_conv_kernel kernel,
                                            const lvk_caps *caps);
void lvk_conv_grad_input_launch(const lvk_conv_shape *shape, lvk_conv_kernel kernel, const lvk_caps *caps,
                                lvk_launch_list *list);

/* Computes dw (output 0) from x and dy; with `accumulate`, dw is added to what output 0 holds. Scratch 0
 * holds the padded x and later the sums of partial sums, scratch 2 the partial sums. The first function gives
 * the reason why `kernel` cannot, static text, or NULL; the second adds the launches. */
const char *lvk_conv_grad_weight_unsupported(const lvk_conv_shape *shape, lvk_conv_kernel kernel,
                                             const lvk_caps *caps);
void lvk_conv_grad_weight_launch(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand x,
                                 lvk_operand dy, bool accumulate, const lvk_caps *caps,
                                 lvk_launch_list *list);

#endif
