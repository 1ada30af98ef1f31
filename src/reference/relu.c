#include "reference/reference.h"

/* y[i] = max(x[i], 0); NaN stays NaN */
void lvk_reference_relu(const lvk_reference_args *args) {
    const lvk_real *x = args->inputs[0];
    lvk_real *y = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        y[i] = x[i] < 0 ? 0 : x[i];
}
