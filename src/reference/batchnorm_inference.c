#include "ops/batchnorm.h"

#include "reference/reference.h"

#include <math.h>

/* y[r][c] = gamma[c] (x[r][c] - mean[c]) / sqrt(variance[c] + epsilon) + beta[c], r over all but the last
 * dimension */
void lvk_reference_batchnorm_inference(const lvk_reference_args *args) {
    const lvk_batchnorm_attributes *attributes = args->call->attributes;
    const lvk_real *x = args->inputs[0], *gamma = args->inputs[1], *beta = args->inputs[2],
                   *mean = args->inputs[3], *variance = args->inputs[4];
    lvk_real *y = args->outputs[0];
    const uint64_t channels = args->call->inputs[1].dim[0], count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t c = i % channels;
        const double deviation = sqrt((double)variance[c] + (double)attributes->epsilon);
        y[i] = (lvk_real)((double)gamma[c] * ((double)x[i] - (double)mean[c]) / deviation + (double)beta[c]);
    }
}
