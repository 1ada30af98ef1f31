/* An exponential moving average of the weights (Polyak and Juditsky, SIAM J. Control Optim. 1992, with a
 * memory that fades): e += (w - e) rate, hyper[7] of the optimizers' scalars. A weight that does not change
 * keeps its bits in the average. */
#ifndef LVK_OPS_WEIGHT_AVERAGE_H
#define LVK_OPS_WEIGHT_AVERAGE_H

#include "ops/optimizer.h"

enum { LVK_HYPER_AVERAGE = 7 }; /* of no optimizer */

/* Fills the rate behind update `step`, from 1: 1 - min(decay, (1 + step) / (10 + step)), so that the first
 * weights are soon forgotten (as TensorFlow's ExponentialMovingAverage with its num_updates). */
static inline void lvk_weight_average_hyper(double decay, uint64_t step, lvk_real hyper[LVK_HYPER_COUNT]) {
    const double early = (1 + (double)step) / (10 + (double)step);
    hyper[LVK_HYPER_AVERAGE] = (lvk_real)(1 - (early < decay ? early : decay));
}

#endif
