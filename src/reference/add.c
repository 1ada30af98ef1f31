#include "reference/reference.h"

/* y[i] = a[i] + b[i] */
void lvk_reference_add(const lvk_reference_args *args) {
    const lvk_real *a = args->inputs[0], *b = args->inputs[1];
    lvk_real *y = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        y[i] = a[i] + b[i];
}
