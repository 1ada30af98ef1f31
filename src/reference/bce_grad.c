#include "reference/reference.h"

#include <math.h>

/* dz[n] = dloss weight[n] (sigmoid(z[n]) - y[n]). The difference is computed as one fraction with the
 * denominator 1 + exp(-|z|), since a difference of the rounded sigmoid and y would lose its digits where the
 * two are nearly equal. */
void lvk_reference_bce_grad(const lvk_reference_args *args) {
    const lvk_real *z = args->inputs[0], *labels = args->inputs[1], *dloss = args->inputs[2];
    lvk_real *dz = args->outputs[0];
    for (uint32_t n = 0; n < args->call->inputs[0].dim[0]; ++n) {
        const double target = (double)labels[2 * n], weight = (double)labels[2 * n + 1];
        const double e = exp(-fabs((double)z[n]));
        const double difference = z[n] < 0 ? e * (1 - target) - target : (1 - target) - e * target;
        dz[n] = (lvk_real)((double)*dloss * weight * difference / (1 + e));
    }
}
