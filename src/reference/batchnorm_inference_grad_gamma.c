#include "ops/batchnorm.h"

#include "reference/reference.h"

#include <math.h>

/* dgamma[c] = sum over r of dy[r][c] (x[r][c] - mean[c]) / sqrt(variance[c] + epsilon), r over all but the
 * last dimension */
void lvk_reference_batchnorm_inference_grad_gamma(const lvk_reference_args *args) {
    const lvk_batchnorm_attributes *attributes = args->call->attributes;
    const lvk_real *dy = args->inputs[0], *x = args->inputs[1], *mean = args->inputs[2],
                   *variance = args->inputs[3];
    lvk_real *dgamma = args->outputs[0];
    const uint64_t channels = args->call->outputs[0].dim[0], count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (uint64_t i = c; i < count; i += channels)
            sum += (double)dy[i] * ((double)x[i] - (double)mean[c]);
        dgamma[c] = (lvk_real)(sum / sqrt((double)variance[c] + (double)attributes->epsilon));
    }
}
