/* Attributes of the convolution operators.
 *
 *   conv2d(x [N,H,W,C], w [kh,kw,C,K], optional b [K]) -> y [N,OH,OW,K]
 *     y[n,oy,ox,k] = b[k] + sum over ky,kx,c of
 *                    x[n, oy*stride_h + ky - pad_top, ox*stride_w + kx - pad_left, c] * w[ky,kx,c,k]
 *     a cross-correlation, in which x is 0 outside of the image, with
 *     OH = (H + pad_top + pad_bottom - kh) / stride_h + 1, rounded down, and OW likewise
 *   conv2d_grad_input(dy, w) -> dx    the derivative of sum(y * dy) with respect to x
 *   conv2d_grad_weight(x, dy) -> dw   the derivative of sum(y * dy) with respect to w */
#ifndef LVK_OPS_CONV2D_H
#define LVK_OPS_CONV2D_H

#include <stdint.h>

typedef struct lvk_conv2d_attributes {
    uint32_t stride_h, stride_w;                       /* 1 to LVK_CONV2D_MAX_STRIDE */
    uint32_t pad_top, pad_left, pad_bottom, pad_right; /* rows or columns of zeros, 0 to LVK_CONV2D_MAX_PAD */
} lvk_conv2d_attributes;

enum { LVK_CONV2D_MAX_STRIDE = 1024, LVK_CONV2D_MAX_PAD = 1024 };

typedef struct lvk_conv2d_grad_input_attributes {
    lvk_conv2d_attributes conv;
    uint32_t height,
        width; /* H and W of x, which do not follow from the size of dy where there is a stride */
} lvk_conv2d_grad_input_attributes;

typedef struct lvk_conv2d_grad_weight_attributes {
    lvk_conv2d_attributes conv;
    uint32_t kernel_h, kernel_w;
} lvk_conv2d_grad_weight_attributes;

/* Attributes without padding ("valid"): y has only the positions at which the whole kernel lies inside x. */
lvk_conv2d_attributes lvk_conv2d_valid(uint32_t stride_h, uint32_t stride_w);

/* Attributes with TensorFlow's padding "same": OH = ceil(H / stride_h) and OW likewise. Where the number of
 * zeros along an axis is odd, the bottom or the right side gets one more than the other. */
lvk_conv2d_attributes lvk_conv2d_same(uint32_t stride_h, uint32_t stride_w, uint32_t height, uint32_t width,
                                      uint32_t kernel_h, uint32_t kernel_w);

#endif
