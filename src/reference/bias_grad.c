#include "reference/reference.h"

/* db[c] = sum over r of dy[r][c], r over all but the last dimension */
void lvk_reference_bias_grad(const lvk_reference_args *args) {
    const lvk_real *dy = args->inputs[0];
    lvk_real *db = args->outputs[0];
    const uint64_t channels = args->call->outputs[0].dim[0];
    const uint64_t rows = lvk_type_count(&args->call->inputs[0]) / channels;
    for (uint64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (uint64_t r = 0; r < rows; ++r)
            sum += (double)dy[r * channels + c];
        db[c] = (lvk_real)sum;
    }
}
