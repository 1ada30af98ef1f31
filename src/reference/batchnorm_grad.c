#include "ops/batchnorm.h"

#include "reference/reference.h"

#include <math.h>

/* With s[c] = 1 / sqrt(variance[c] + epsilon) and r over all but the last dimension:
 * dbeta[c] = sum over r of dy[r][c]; dgamma[c] = sum over r of dy[r][c] (x[r][c] - mean[c]) s[c];
 * dx[r][c] = gamma[c] s[c] (dy[r][c] - dbeta[c] / n - (x[r][c] - mean[c]) s[c] dgamma[c] / n) */
void lvk_reference_batchnorm_grad(const lvk_reference_args *args) {
    const lvk_batchnorm_attributes *attributes = args->call->attributes;
    const lvk_real *dy = args->inputs[0], *x = args->inputs[1], *gamma = args->inputs[2],
                   *mean = args->inputs[3], *variance = args->inputs[4];
    lvk_real *dx = args->outputs[0], *dgamma = args->outputs[1], *dbeta = args->outputs[2];
    const uint64_t channels = args->call->inputs[2].dim[0];
    const uint64_t rows = lvk_type_count(&args->call->inputs[0]) / channels;
    for (uint64_t c = 0; c < channels; ++c) {
        const double s = 1 / sqrt((double)variance[c] + (double)attributes->epsilon);
        double sum = 0, moment = 0;
        for (uint64_t i = c; i < rows * channels; i += channels) {
            sum += (double)dy[i];
            moment += (double)dy[i] * ((double)x[i] - (double)mean[c]) * s;
        }
        for (uint64_t i = c; i < rows * channels; i += channels) {
            const double normalized = ((double)x[i] - (double)mean[c]) * s;
            dx[i] = (lvk_real)((double)gamma[c] * s *
                               ((double)dy[i] - (sum + normalized * moment) / (double)rows));
        }
        dgamma[c] = (lvk_real)moment;
        dbeta[c] = (lvk_real)sum;
    }
}
