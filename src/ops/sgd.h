/* Gradient descent with momentum in Keras' form: v = momentum v - lr g; w += v. The hyper tensor is {lr, the
 * learning rate; momentum; 0, 0, 0, 0, 0, 0}. */
#ifndef LVK_OPS_SGD_H
#define LVK_OPS_SGD_H

#include "ops/optimizer.h"

static inline void lvk_sgd_hyper(double learning_rate, double momentum, lvk_real hyper[LVK_HYPER_COUNT]) {
    for (int i = 0; i < LVK_HYPER_COUNT; ++i)
        hyper[i] = 0;
    hyper[0] = (lvk_real)learning_rate;
    hyper[1] = (lvk_real)momentum;
}

#endif
