/* Launches of y = conv(x, w) + b for conv2d and dense, optionally followed by the addition of a residual and
 * a ReLU, and launches for their gradients with respect to x, which are transposed convolutions. The caller
 * names the kind of kernel (lvk_conv_kernel). Each special way of computing has a file of its own:
 *
 *   conv_space_to_depth.h   turns a stride into channels, where x has few channels
 *   conv_transposed.h       writes out the w of a transposed convolution, or has kernels read the original w
 *   conv_phase.h            computes the gradient of a strided convolution by convolutions at stride 1
 *   conv_tiling.h           divides y into tiles, and the sum into steps and splits
 *   conv_patch.h            3x3 kernels over three channels
 *   conv_winograd.h         3x3 kernels with fewer products */
#ifndef LVK_OPS_CONV_FORWARD_H
#define LVK_OPS_CONV_FORWARD_H

#include "ops/conv_shape.h"

typedef struct lvk_conv_forward {
    lvk_conv_shape shape;
    lvk_operand x, w;
    const lvk_operand *bias;     /* NULL: none */
    const lvk_operand *residual; /* of y's type, added to the sum; needs a fifth storage buffer; NULL: none */
    bool relu;                   /* whether a ReLU of the sum follows */
    lvk_operand y;               /* an output, or a scratch buffer where relu is false */
    bool
        transposed; /* w is [kernel_h, kernel_w, out_c, in_c], its taps in reverse order: conv_transposed.h */
    const struct lvk_conv_phase
        *phase; /* the pixels of y to compute, for subgroup kernels of a transposed convolution; NULL: all */
} lvk_conv_forward;

/* The reason why `kernel` cannot compute `forward`, static text, or NULL. */
const char *lvk_conv_forward_unsupported(const lvk_conv_forward *forward, lvk_conv_kernel kernel,
                                         const lvk_caps *caps);

/* Adds the launches by which `kernel` computes `forward`. They use scratch buffers LVK_CONV_SCRATCH_X, _W and
 * _SUMS, or those that conv_winograd.h names. */
void lvk_conv_forward_launch(const lvk_conv_forward *forward, lvk_conv_kernel kernel, const lvk_caps *caps,
                             lvk_launch_list *list);

/* Adds a launch of `shader` with what all kernels have in common: the bindings x, w, bias, y and, where there
 * is one, the residual, and as first constant whether there is a bias. */
lvk_launch *lvk_conv_forward_add(const lvk_conv_forward *forward, lvk_launch_list *list, const char *shader,
                                 lvk_binding_kind reads, lvk_operand x, lvk_operand w, lvk_operand y);

/* ---- conv2d, conv2d_relu, conv2d_add_relu, dense, dense_relu. Their inputs are x, w, b and residual, as far
 * as the call has them. ---- */

lvk_conv_forward lvk_conv_forward_of(const lvk_call *call);

enum { LVK_CONV_FORWARD_CANDIDATES = 6, LVK_DENSE_FORWARD_CANDIDATES = 7 };
extern const lvk_candidate lvk_conv_forward_candidates[LVK_CONV_FORWARD_CANDIDATES];
extern const lvk_candidate lvk_dense_forward_candidates[LVK_DENSE_FORWARD_CANDIDATES];

double lvk_conv_forward_flops(const lvk_call *call);

/* Shape rules of conv2d and dense. */
lvk_status lvk_conv2d_infer(lvk_call *call);
lvk_status lvk_dense_infer(lvk_call *call);

/* Gradient rules of conv2d and dense. They set the gradients of x, w and b from dy, the gradient with respect
 * to the sum before a ReLU. */
void lvk_conv2d_gradient(lvk_backprop *backprop, int dy);
void lvk_dense_gradient(lvk_backprop *backprop, int dy);

#endif
