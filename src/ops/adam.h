/* Adam, as Keras has it (epsilon outside of the bias correction):
 *
 *     m += (g - m) (1 - beta1);   v += (g² - v) (1 - beta2)
 *     w -= alpha m / (sqrt(v) + epsilon),   alpha = lr sqrt(1 - beta2^t) / (1 - beta1^t),   t = 1, 2, ...
 *
 * Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015. AdamW decays the weights besides
 * (operator weight_decay; Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019). Hyper
 * tensor: {alpha, 1 - beta1, 1 - beta2, epsilon, lr decay, 0, 0, 0}. */
#ifndef LVK_OPS_ADAM_H
#define LVK_OPS_ADAM_H

#include "ops/optimizer.h"

typedef struct lvk_adam_options {
    double learning_rate;
    double beta1, beta2; /* 0 <= beta < 1; usually 0.9, 0.999 */
    double epsilon;      /* > 0; Keras: 1e-7 */
    double weight_decay; /* 0: Adam */
} lvk_adam_options;

/* The hyper tensor of step `step`, which counts from 1. */
void lvk_adam_hyper(const lvk_adam_options *options, uint64_t step, lvk_real hyper[LVK_HYPER_COUNT]);

#endif
