/* Attributes of the convolution operators.
 *
 *   conv2d(x [N,H,W,C], w [kh,kw,C,K], optional b [K]) -> y [N,OH,OW,K]
 *     y[n,oy,ox,k] = b[k] + sum over ky,kx,c of
 *                    x[n, oy*stride_h + ky - pad_top, ox*stride_w + kx - pad_left, c] * w[ky,kx,c,k]
 *     (cross-correlation; x is 0 outside), OH = (H + pad_top + pad_bottom - kh) / stride_h + 1, rounded down;
 *     OW likewise.
 *   conv2d_grad_input(dy, w) -> dx, conv2d_grad_weight(x, dy) -> dw: the derivatives of sum(y * dy). */
#ifndef LVK_OPS_CONV2D_H
#define LVK_OPS_CONV2D_H

#include <stdint.h>

typedef struct lvk_conv2d_attributes {
    uint32_t stride_h, stride_w;                       /* 1 to LVK_CONV2D_MAX_STRIDE */
    uint32_t pad_top, pad_left, pad_bottom, pad_right; /* 0 to LVK_CONV2D_MAX_PAD zeros around x */
} lvk_conv2d_attributes;

enum { LVK_CONV2D_MAX_STRIDE = 1024, LVK_CONV2D_MAX_PAD = 1024 };

typedef struct lvk_conv2d_grad_input_attributes {
    lvk_conv2d_attributes conv;
    uint32_t height, width; /* H, W of x: with a stride, several sizes of x give the same size of dy */
} lvk_conv2d_grad_input_attributes;

typedef struct lvk_conv2d_grad_weight_attributes {
    lvk_conv2d_attributes conv;
    uint32_t kernel_h, kernel_w;
} lvk_conv2d_grad_weight_attributes;

/* No padding: only positions where the kernel lies inside x ("valid"). */
lvk_conv2d_attributes lvk_conv2d_valid(uint32_t stride_h, uint32_t stride_w);

/* TensorFlow's "same": OH = ceil(H / stride_h), OW likewise; where the number of zeros is odd, the bottom or the right gets one more.
 */
lvk_conv2d_attributes lvk_conv2d_same(uint32_t stride_h, uint32_t stride_w, uint32_t height, uint32_t width,
                                      uint32_t kernel_h, uint32_t kernel_w);

#endif
