/* L2 penalty on weights, Keras' l2 regularizer: lambda times the sum of squares (no half). */
#ifndef LVK_OPS_L2_H
#define LVK_OPS_L2_H

/* Attributes of l2 and l2_grad. */
typedef struct lvk_l2_attributes {
    float lambda; /* finite, 0 and more */
} lvk_l2_attributes;

#endif
