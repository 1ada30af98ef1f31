/* Adam in the form that Keras uses, with epsilon outside of the bias correction:
 *
 *     m += (g - m) (1 - beta1);   v += (g² - v) (1 - beta2)
 *     w -= alpha m / (sqrt(v) + epsilon),   alpha = lr sqrt(1 - beta2^t) / (1 - beta1^t),   t = 1, 2, ...
 *
 * lr is the learning rate, t the number of the step. Source: Kingma and Ba, "Adam: a method for stochastic
 * optimization", ICLR 2015. AdamW also decays the weights, by operator weight_decay; source: Loshchilov and
 * Hutter, "Decoupled weight decay regularization", ICLR 2019. The hyper tensor is {alpha, 1 - beta1, 1 -
 * beta2, epsilon, lr * weight decay, 0, 0, 0}. */
#ifndef LVK_OPS_ADAM_H
#define LVK_OPS_ADAM_H

#include "ops/optimizer.h"

typedef struct lvk_adam_options {
    double learning_rate;
    double beta1, beta2; /* at least 0, below 1; usually 0.9 and 0.999 */
    double epsilon;      /* above 0; Keras takes 1e-7 */
    double weight_decay; /* 0 for Adam, above 0 for AdamW */
} lvk_adam_options;

/* Fills the hyper tensor for step number `step` (from 1). */
void lvk_adam_hyper(const lvk_adam_options *options, uint64_t step, lvk_real hyper[LVK_HYPER_COUNT]);

#endif
