#include "reference/reference.h"

/* dx[n][p][c] = dy[n][c] divided by the number of pixels */
void lvk_reference_global_average_pool_grad(const lvk_reference_args *args) {
    const lvk_real *dy = args->inputs[0];
    lvk_real *dx = args->outputs[0];
    const lvk_type *image = &args->call->outputs[0];
    const uint64_t pixels = (uint64_t)image->dim[1] * image->dim[2], channels = image->dim[3];
    for (uint64_t n = 0; n < image->dim[0]; ++n)
        for (uint64_t p = 0; p < pixels; ++p)
            for (uint64_t c = 0; c < channels; ++c)
                dx[(n * pixels + p) * channels + c] =
                    (lvk_real)((double)dy[n * channels + c] / (double)pixels);
}
