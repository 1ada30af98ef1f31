/* Means over whole images, and their gradient. */
#ifndef LVK_OPS_GLOBAL_AVERAGE_POOL_H
#define LVK_OPS_GLOBAL_AVERAGE_POOL_H

#include "backend/launch.h"

typedef struct lvk_global_average_pool_grad_attributes {
    uint32_t height, width; /* of the pooled image */
} lvk_global_average_pool_grad_attributes;

/* Adds a launch of `shader` over the elements of output 0, with input 0 read as `reads`; `image` is the type
 * of the images. */
void lvk_global_average_pool_add(const lvk_call *call, const lvk_type *image, lvk_launch_list *list,
                                 const char *shader, lvk_binding_kind reads);

#endif
