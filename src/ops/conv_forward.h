/* Launches of the sum y = conv(x, w) + b for conv2d and dense, and for their gradients with respect to x. */
#ifndef LVK_OPS_CONV_FORWARD_H
#define LVK_OPS_CONV_FORWARD_H

#include "ops/conv_shape.h"

typedef struct lvk_conv_forward {
    lvk_conv_shape shape;
    lvk_operand x, w;
    const lvk_operand *bias; /* NULL: none */
    int y;                   /* output of the operator */
    bool flip; /* w is [kernel_h, kernel_w, out_c, in_c] and is to be reversed along its first two axes */
} lvk_conv_forward;

/* The reason why `kernel` cannot compute it, or NULL. */
const char *lvk_conv_forward_obstacle(const lvk_conv_forward *forward, lvk_conv_kernel kernel,
                                      const lvk_caps *caps);

/* Adds the launches. Scratch 0: padded x; 1: padded or flipped w; 2: partial sums. */
void lvk_conv_forward_launch(const lvk_conv_forward *forward, lvk_conv_kernel kernel, const lvk_caps *caps,
                             lvk_launch_list *list);

#endif
