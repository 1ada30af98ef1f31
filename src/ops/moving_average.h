#ifndef LVK_OPS_MOVING_AVERAGE_H
#define LVK_OPS_MOVING_AVERAGE_H

typedef struct lvk_moving_average_attributes {
    float decay; /* 0 to 1 */
    float scale; /* of the new value, > 0: n / (n - 1) makes a biased variance of n values an unbiased one */
} lvk_moving_average_attributes;

#endif
