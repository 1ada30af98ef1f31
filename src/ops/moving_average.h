/* A running mean, updated where it lies: old = decay old + (1 - decay) scale batch. What batch normalization
 * keeps for inference; `scale` is n / (n - 1) where the biased variance of n numbers is to count as the
 * unbiased one, as in Keras's fused kernel, else 1. */
#ifndef LVK_OPS_MOVING_AVERAGE_H
#define LVK_OPS_MOVING_AVERAGE_H

typedef struct lvk_moving_average_attributes {
    float decay; /* 0 to 1; Keras: 0.99 */
    float scale; /* finite */
} lvk_moving_average_attributes;

#endif
