/* A convolution with a stride, folded to stride 1: each square of stride_h x stride_w pixels of x becomes one
 * pixel with as many times the channels ("space to depth"), and the kernel likewise. Where the kernel is
 * smaller than the stride, only the pixels that it meets are kept. Padding is written out.
 *
 *   x'[n,Y,X,(r,q,c)] = x[n, Y * stride_h + r - pad_top, X * stride_w + q - pad_left, c], 0 outside of x
 *   w'[ky,kx,(r,q,c),k] = w[ky * stride_h + r, kx * stride_w + q, c, k], 0 outside of w
 *   y[n,oy,ox,k] = sum x'[n, oy + ky, ox + kx, i] * w'[ky,kx,i,k]
 *
 * with r below min(kernel_h, stride_h) and q below min(kernel_w, stride_w). */
#ifndef LVK_OPS_CONV_FOLD_H
#define LVK_OPS_CONV_FOLD_H

#include "ops/conv_shape.h"

/* The shape of the convolution of x' and w'. */
lvk_conv_shape lvk_conv_folded(const lvk_conv_shape *shape);

/* The shaders move four channels of x' or numbers of w' at a time. */
static inline bool lvk_conv_folds_evenly(const lvk_conv_shape *folded) {
    return folded->in_c % 4 == 0;
}

/* Adds the launches that write x' and w' into the scratch buffer `to`, whose size is set. `kernel` says how
 * to read. */
lvk_operand lvk_conv_fold_x(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand x, int to,
                            lvk_launch_list *list);
lvk_operand lvk_conv_fold_w(const lvk_conv_shape *shape, lvk_conv_kernel kernel, lvk_operand w, int to,
                            lvk_launch_list *list);

/* dx from dx': output 0 from the scratch buffer `from`. shape->in_c is a multiple of 4. */
void lvk_conv_unfold_x(const lvk_conv_shape *shape, int from, lvk_launch_list *list);

#endif
