#include "reference/reference.h"

#include <math.h>

/* y[i] = 1 / (1 + exp(-x[i])), written so that exp is never taken of a positive number, which might
 * overflow */
void lvk_reference_sigmoid(const lvk_reference_args *args) {
    const lvk_real *x = args->inputs[0];
    lvk_real *y = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i) {
        const double e = exp(-fabs((double)x[i]));
        y[i] = (lvk_real)((x[i] < 0 ? e : 1) / (1 + e));
    }
}
