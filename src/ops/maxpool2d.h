/* Max pooling over [N, H, W, C]. The image is first surrounded by explicit zeros; then every window that lies
 * wholly inside counts (an odd last row or column is dropped). */
#ifndef LVK_OPS_MAXPOOL2D_H
#define LVK_OPS_MAXPOOL2D_H

#include "backend/call.h"
#include "core/error.h"

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

/* What the index output says when a zero of the padding won; else the position in the window, row * window_w
 * + column. */
enum { LVK_MAXPOOL2D_PADDING = 255 };

/* The type of the pooled tensor; fails when the attributes are out of range or no window fits. */
lvk_status lvk_maxpool2d_infer(const lvk_call *call, const lvk_maxpool2d_attributes *pool, const lvk_type *x,
                               lvk_type *y);

/* Has the image a border of zeros? */
static inline bool lvk_maxpool2d_is_padded(const lvk_maxpool2d_attributes *pool) {
    return pool->pad_top || pool->pad_left || pool->pad_bottom || pool->pad_right;
}

#endif
