#include "reference/reference.h"

#include <math.h>

/* loss = sum over n of weight[n] (max(z[n], 0) - z[n] y[n] + log(1 + exp(-|z[n]|))) */
void lvk_reference_bce(const lvk_reference_args *args) {
    const lvk_real *z = args->inputs[0], *labels = args->inputs[1];
    lvk_real *loss = args->outputs[0];
    double sum = 0;
    for (uint32_t n = 0; n < args->call->inputs[0].dim[0]; ++n) {
        const double logit = (double)z[n], target = (double)labels[2 * n], weight = (double)labels[2 * n + 1];
        sum += weight * (fmax(logit, 0) - logit * target + log1p(exp(-fabs(logit))));
    }
    *loss = (lvk_real)sum;
}
