#include "reference/reference.h"

/* dx[i] = dy[i] y[i] (1 - y[i]) */
void lvk_reference_sigmoid_grad(const lvk_reference_args *args) {
    const lvk_real *dy = args->inputs[0], *y = args->inputs[1];
    lvk_real *dx = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        dx[i] = (lvk_real)((double)dy[i] * (double)y[i] * (1 - (double)y[i]));
}
