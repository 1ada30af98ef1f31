/* Max pooling over [N, H, W, C]. The image is first padded with explicit zeros. Then every window that lies
 * wholly inside the padded image gives an output, so that a last row or column which fills no window is
 * dropped. */
#ifndef LVK_OPS_MAXPOOL2D_H
#define LVK_OPS_MAXPOOL2D_H

#include "backend/launch.h"

typedef struct lvk_maxpool2d_attributes {
    uint32_t window_h, window_w; /* at least 1; at most 255 positions in a window */
    uint32_t stride_h, stride_w; /* at least 1 */
    uint32_t pad_top, pad_left, pad_bottom,
        pad_right; /* rows or columns of zeros, fewer than the window has */
} lvk_maxpool2d_attributes;

typedef struct lvk_maxpool2d_grad_attributes {
    lvk_maxpool2d_attributes pool;
    uint32_t input_h, input_w; /* height and width of the image that was pooled, without padding */
} lvk_maxpool2d_grad_attributes;

/* The index output holds the maximum's position in the window, row * window_w + column, or this number where
 * no pixel of the image is the maximum: where a zero of the padding won, or in conv2d_relu_pool a zero of the
 * ReLU. */
enum { LVK_MAXPOOL2D_PADDING = 255 };

/* Sets `y` to the type of the pooled tensor. Fails when the attributes are out of range or no window fits. */
lvk_status lvk_maxpool2d_infer(const lvk_call *call, const lvk_maxpool2d_attributes *pool, const lvk_type *x,
                               lvk_type *y);

/* Adds a launch of `shader`, maxpool2d_grad_scatter or its variant for texels, which writes a dx of type
 * `dx`. The channels are a multiple of 4, and the windows do not overlap. The padded image is divided into
 * cells of stride_h x stride_w pixels, with at most one window in each; an invocation writes four channels of
 * a cell. The caller binds dy, index and dx. */
lvk_launch *lvk_maxpool2d_add_scatter(lvk_launch_list *list, const char *shader,
                                      const lvk_maxpool2d_attributes *pool, const lvk_type *dx);

/* Whether the image is padded with zeros. */
static inline bool lvk_maxpool2d_is_padded(const lvk_maxpool2d_attributes *pool) {
    return pool->pad_top || pool->pad_left || pool->pad_bottom || pool->pad_right;
}

#endif
