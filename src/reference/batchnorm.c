#include "ops/batchnorm.h"

#include "reference/reference.h"

#include <math.h>

/* With r over all but the last dimension:
 * mean[c] = sum over r of x[r][c] / n; variance[c] = sum over r of (x[r][c] - mean[c])² / n;
 * y[r][c] = gamma[c] (x[r][c] - mean[c]) / sqrt(variance[c] + epsilon) + beta[c] */
void lvk_reference_batchnorm(const lvk_reference_args *args) {
    const lvk_batchnorm_attributes *attributes = args->call->attributes;
    const lvk_real *x = args->inputs[0], *gamma = args->inputs[1], *beta = args->inputs[2];
    lvk_real *y = args->outputs[0], *means = args->outputs[1], *variances = args->outputs[2];
    const uint64_t channels = args->call->inputs[1].dim[0];
    const uint64_t rows = lvk_type_count(&args->call->inputs[0]) / channels;
    for (uint64_t c = 0; c < channels; ++c) {
        double mean = 0, variance = 0;
        for (uint64_t r = 0; r < rows; ++r)
            mean += (double)x[r * channels + c] / (double)rows;
        for (uint64_t r = 0; r < rows; ++r) {
            const double centred = (double)x[r * channels + c] - mean;
            variance += centred * centred / (double)rows;
        }
        const double scale = (double)gamma[c] / sqrt(variance + (double)attributes->epsilon);
        for (uint64_t r = 0; r < rows; ++r)
            y[r * channels + c] = (lvk_real)(((double)x[r * channels + c] - mean) * scale + (double)beta[c]);
        means[c] = (lvk_real)mean;
        variances[c] = (lvk_real)variance;
    }
}
