#include "reference/reference.h"

/* y[n][c] = sum over the pixels of x[n][p][c], divided by their number */
void lvk_reference_global_average_pool(const lvk_reference_args *args) {
    const lvk_real *x = args->inputs[0];
    lvk_real *y = args->outputs[0];
    const lvk_type *image = &args->call->inputs[0];
    const uint64_t pixels = (uint64_t)image->dim[1] * image->dim[2], channels = image->dim[3];
    for (uint64_t n = 0; n < image->dim[0]; ++n) {
        for (uint64_t c = 0; c < channels; ++c) {
            double sum = 0;
            for (uint64_t p = 0; p < pixels; ++p)
                sum += (double)x[(n * pixels + p) * channels + c];
            y[n * channels + c] = (lvk_real)(sum / (double)pixels);
        }
    }
}
