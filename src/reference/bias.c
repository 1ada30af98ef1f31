#include "reference/reference.h"

/* y[r][c] = x[r][c] + b[c], r over all but the last dimension */
void lvk_reference_bias(const lvk_reference_args *args) {
    const lvk_real *x = args->inputs[0], *b = args->inputs[1];
    lvk_real *y = args->outputs[0];
    const uint64_t channels = args->call->inputs[1].dim[0];
    const uint64_t rows = lvk_type_count(&args->call->inputs[0]) / channels;
    for (uint64_t r = 0; r < rows; ++r)
        for (uint64_t c = 0; c < channels; ++c)
            y[r * channels + c] = x[r * channels + c] + b[c];
}
