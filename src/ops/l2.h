/* The L2 penalty on weights: lambda times the sum of squares, without a factor 1/2, as in Keras' l2
 * regularizer. */
#ifndef LVK_OPS_L2_H
#define LVK_OPS_L2_H

/* Attributes of l2 and l2_grad. */
typedef struct lvk_l2_attributes {
    float lambda; /* finite, at least 0 */
} lvk_l2_attributes;

#endif
