/* Global average pooling over [N, H, W, C]: the mean of each channel over an image. */
#ifndef LVK_OPS_GLOBAL_AVERAGE_POOL_H
#define LVK_OPS_GLOBAL_AVERAGE_POOL_H

#include <stdint.h>

/* Attributes of global_average_pool_grad; the pooling itself has none. */
typedef struct lvk_global_average_pool_grad_attributes {
    uint32_t input_h, input_w; /* height and width of the image that was pooled, at least 1 */
} lvk_global_average_pool_grad_attributes;

#endif
