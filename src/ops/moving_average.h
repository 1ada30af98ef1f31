/* An exponential moving average, updated in place: old = decay old + (1 - decay) scale batch. Batch
 * normalization keeps such averages of mean and variance for inference. `scale` is n / (n - 1) where the
 * biased variance of n numbers is turned into the unbiased one, as in Keras' fused kernel, else 1. */
#ifndef LVK_OPS_MOVING_AVERAGE_H
#define LVK_OPS_MOVING_AVERAGE_H

typedef struct lvk_moving_average_attributes {
    float decay; /* 0 to 1; Keras takes 0.99 */
    float scale; /* finite */
} lvk_moving_average_attributes;

#endif
