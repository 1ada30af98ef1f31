/* Launches of the sum y = conv(x, w) + b for conv2d and dense, with what may follow it (a residual is added,
 * ReLU), and for their gradients with respect to x. */
#ifndef LVK_OPS_CONV_FORWARD_H
#define LVK_OPS_CONV_FORWARD_H

#include "ops/conv_shape.h"

typedef struct lvk_conv_forward {
    lvk_conv_shape shape;
    lvk_operand x, w;
    const lvk_operand *bias;     /* NULL: none */
    const lvk_operand *residual; /* of y's type, added to the sum; NULL: none. Needs five storage buffers */
    bool relu;                   /* of all that, at the end */
    lvk_operand y;               /* an output; or scratch, without relu */
    bool flip; /* w is [kernel_h, kernel_w, out_c, in_c] and is to be reversed along its first two axes */
    const struct lvk_conv_part *part; /* of flip and subgroup kernels; NULL: the whole */
} lvk_conv_forward;

/* A part of the gradient of a strided convolution with respect to x: the pixels of x that are stride apart
 * from each other, which meet the taps that are. `shape` is that of the part, a convolution at stride 1 with
 * channels that are multiples of 4. */
typedef struct lvk_conv_part {
    lvk_conv_shape whole;   /* of the strided convolution */
    uint32_t tap;           /* the last tap that is met */
    uint32_t y_top, y_left; /* the first pixel */
} lvk_conv_part;

/* The reason why `kernel` cannot compute it, or NULL. */
const char *lvk_conv_forward_unsupported(const lvk_conv_forward *forward, lvk_conv_kernel kernel,
                                         const lvk_caps *caps);

/* Adds the launches. Scratch 0: padded or folded x; 1: padded, folded or flipped w; 2: partial sums; or those
 * of conv_winograd.h. */
void lvk_conv_forward_launch(const lvk_conv_forward *forward, lvk_conv_kernel kernel, const lvk_caps *caps,
                             lvk_launch_list *list);

/* ---- conv2d, conv2d_relu, conv2d_add_relu, dense, dense_relu: inputs x, w, b, residual, as far as the call
 * has them ---- */

lvk_conv_forward lvk_conv_forward_of(const lvk_call *call);

enum { LVK_CONV_FORWARD_CANDIDATES = 6, LVK_DENSE_FORWARD_CANDIDATES = 7 };
extern const lvk_candidate lvk_conv_forward_candidates[LVK_CONV_FORWARD_CANDIDATES];
extern const lvk_candidate lvk_dense_forward_candidates[LVK_DENSE_FORWARD_CANDIDATES];

double lvk_conv_forward_flops(const lvk_call *call);

/* Shape rules of conv2d and dense. */
lvk_status lvk_conv2d_infer(lvk_call *call);
lvk_status lvk_dense_infer(lvk_call *call);

/* Their gradient rules, dy being the gradient of conv2d's or dense's own output: sets the input gradients of
 * x, w and b. */
void lvk_conv2d_gradient(lvk_backprop *backprop, int dy);
void lvk_dense_gradient(lvk_backprop *backprop, int dy);

#endif
