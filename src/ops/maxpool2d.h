/* Max pooling over [N, H, W, C]. The image is first surrounded by explicit zeros; then every window that lies
 * wholly inside counts (an odd last row or column is dropped). */
#ifndef LVK_OPS_MAXPOOL2D_H
#define LVK_OPS_MAXPOOL2D_H

#include "backend/launch.h"

typedef struct lvk_maxpool2d_attributes {
    uint32_t window_h, window_w; /* 1 and more; at most 255 positions a window */
    uint32_t stride_h, stride_w; /* 1 and more */
    uint32_t pad_top, pad_left, pad_bottom,
        pad_right; /* rows and columns of zeros, fewer than the window has */
} lvk_maxpool2d_attributes;

typedef struct lvk_maxpool2d_grad_attributes {
    lvk_maxpool2d_attributes pool;
    uint32_t input_h, input_w; /* of the pooled image, without padding */
} lvk_maxpool2d_grad_attributes;

/* What the index output says when nothing in the image won: a zero of the padding, or in conv2d_relu_pool a
 * zero of the ReLU; else the position in the window, row * window_w
 * + column. */
enum { LVK_MAXPOOL2D_PADDING = 255 };

/* The type of the pooled tensor; fails when the attributes are out of range or no window fits. */
lvk_status lvk_maxpool2d_infer(const lvk_call *call, const lvk_maxpool2d_attributes *pool, const lvk_type *x,
                               lvk_type *y);

/* Adds a launch of `shader`, maxpool2d_grad_scatter or its variant for texels: dx of type `dx`, whose
 * channels are a multiple of 4, for windows that do not overlap. The padded image falls into cells of a
 * stride each, with at most one window in a cell: an invocation writes a cell. The caller binds dy, index and
 * dx. */
lvk_launch *lvk_maxpool2d_add_scatter(lvk_launch_list *list, const char *shader,
                                      const lvk_maxpool2d_attributes *pool, const lvk_type *dx);

/* Has the image a border of zeros? */
static inline bool lvk_maxpool2d_is_padded(const lvk_maxpool2d_attributes *pool) {
    return pool->pad_top || pool->pad_left || pool->pad_bottom || pool->pad_right;
}

#endif
