#include "ops/batchnorm.h"
#include "reference/reference.h"

#include <math.h>

/* The formulas of ops/batchnorm.h, channel by channel */
void lvk_reference_batchnorm_grad(const lvk_reference_args *args) {
    const lvk_real *x = args->inputs[0], *dy = args->inputs[1], *gamma = args->inputs[2],
                   *means = args->inputs[3], *variances = args->inputs[4];
    lvk_real *dx = args->outputs[0], *dgamma = args->outputs[1], *dbeta = args->outputs[2];
    const lvk_batchnorm_attributes *attributes = args->call->attributes;
    const uint64_t channels = args->call->inputs[2].dim[0];
    const uint64_t rows = lvk_type_count(&args->call->inputs[0]) / channels;
    for (uint64_t c = 0; c < channels; ++c) {
        const double mean = (double)means[c],
                     r = 1 / sqrt((double)variances[c] + (double)attributes->epsilon);
        double products = 0, sum = 0;
        for (uint64_t i = c; i < rows * channels; i += channels) {
            products += (double)dy[i] * ((double)x[i] - mean) * r;
            sum += (double)dy[i];
        }
        for (uint64_t i = c; i < rows * channels; i += channels) {
            const double normalized = ((double)x[i] - mean) * r;
            dx[i] = (lvk_real)((double)gamma[c] * r *
                               ((double)dy[i] - sum / (double)rows - normalized * products / (double)rows));
        }
        dgamma[c] = (lvk_real)products;
        dbeta[c] = (lvk_real)sum;
    }
}
