#include "reference/reference.h"

/* y[n][c] = sum over i of x[n][i][c] / (H W), i over the pixels */
void lvk_reference_global_average_pool(const lvk_reference_args *args) {
    const lvk_type *type = &args->call->inputs[0];
    const lvk_real *x = args->inputs[0];
    lvk_real *y = args->outputs[0];
    const uint64_t channels = type->dim[3], area = (uint64_t)type->dim[1] * type->dim[2];
    for (uint64_t n = 0; n < type->dim[0]; ++n)
        for (uint64_t c = 0; c < channels; ++c) {
            double sum = 0;
            for (uint64_t i = 0; i < area; ++i)
                sum += (double)x[(n * area + i) * channels + c];
            y[n * channels + c] = (lvk_real)(sum / (double)area);
        }
}
