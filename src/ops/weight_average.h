/* An exponential moving average e of the weights w: e += (w - e) rate, where the rate is hyper[7]. In this
 * form the average of a weight that does not change keeps its bits. Averaging of weights is from Polyak and
 * Juditsky, "Acceleration of stochastic approximation by averaging", SIAM J. Control Optim. 1992; there all
 * steps count alike, here the early ones fade. */
#ifndef LVK_OPS_WEIGHT_AVERAGE_H
#define LVK_OPS_WEIGHT_AVERAGE_H

#include "ops/optimizer.h"

enum { LVK_HYPER_AVERAGE = 7 }; /* a number of the hyper tensor that no optimizer reads */

/* Sets the rate after update number `step` (from 1) to 1 - min(decay, (1 + step) / (10 + step)), so that the
 * first weights soon lose their influence. TensorFlow's ExponentialMovingAverage with num_updates has the
 * same formula. */
static inline void lvk_weight_average_hyper(double decay, uint64_t step, lvk_real hyper[LVK_HYPER_COUNT]) {
    const double early = (1 + (double)step) / (10 + (double)step);
    hyper[LVK_HYPER_AVERAGE] = (lvk_real)(1 - (early < decay ? early : decay));
}

#endif
