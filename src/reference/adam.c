#include "reference/reference.h"

#include <math.h>

/* The formulas of ops/adam.h, in the places of w, m and v */
void lvk_reference_adam(const lvk_reference_args *args) {
    const lvk_real *w = args->inputs[0], *g = args->inputs[1], *m = args->inputs[2], *v = args->inputs[3];
    const lvk_real *hyper = args->inputs[4];
    lvk_real *new_w = args->outputs[0], *new_m = args->outputs[1], *new_v = args->outputs[2];
    const double alpha = (double)hyper[0], rate1 = (double)hyper[1], rate2 = (double)hyper[2];
    const double epsilon = (double)hyper[3];
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i) {
        const double gradient = (double)g[i];
        const double mean = (double)m[i] + (gradient - (double)m[i]) * rate1;
        const double square = (double)v[i] + (gradient * gradient - (double)v[i]) * rate2;
        new_w[i] = (lvk_real)((double)w[i] - alpha * mean / (sqrt(square) + epsilon));
        new_m[i] = (lvk_real)mean;
        new_v[i] = (lvk_real)square;
    }
}
