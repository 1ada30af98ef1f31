#include "reference/reference.h"

/* dx[n][i][c] = dy[n][c] / (H W), i over the pixels */
void lvk_reference_global_average_pool_grad(const lvk_reference_args *args) {
    const lvk_type *type = &args->call->outputs[0];
    const lvk_real *dy = args->inputs[0];
    lvk_real *dx = args->outputs[0];
    const uint64_t channels = type->dim[3], area = (uint64_t)type->dim[1] * type->dim[2];
    for (uint64_t n = 0; n < type->dim[0]; ++n)
        for (uint64_t i = 0; i < area; ++i)
            for (uint64_t c = 0; c < channels; ++c)
                *dx++ = (lvk_real)((double)dy[n * channels + c] / (double)area);
}
