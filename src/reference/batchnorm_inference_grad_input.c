#include "ops/batchnorm.h"

#include "reference/reference.h"

#include <math.h>

/* dx[r][c] = dy[r][c] gamma[c] / sqrt(variance[c] + epsilon), r over all but the last dimension */
void lvk_reference_batchnorm_inference_grad_input(const lvk_reference_args *args) {
    const lvk_batchnorm_attributes *attributes = args->call->attributes;
    const lvk_real *dy = args->inputs[0], *gamma = args->inputs[1], *variance = args->inputs[2];
    lvk_real *dx = args->outputs[0];
    const uint64_t channels = args->call->inputs[1].dim[0], count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        dx[i] = (lvk_real)((double)dy[i] * (double)gamma[i % channels] /
                           sqrt((double)variance[i % channels] + (double)attributes->epsilon));
}
