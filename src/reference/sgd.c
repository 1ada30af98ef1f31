#include "reference/reference.h"

/* v = momentum v - lr g; w = w + v, in the places of w and v */
void lvk_reference_sgd(const lvk_reference_args *args) {
    const lvk_real *w = args->inputs[0], *g = args->inputs[1], *v = args->inputs[2], *hyper = args->inputs[3];
    lvk_real *new_w = args->outputs[0], *new_v = args->outputs[1];
    const double learning_rate = (double)hyper[0], momentum = (double)hyper[1];
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i) {
        const double velocity = momentum * (double)v[i] - learning_rate * (double)g[i];
        new_v[i] = (lvk_real)velocity;
        new_w[i] = (lvk_real)((double)w[i] + velocity);
    }
}
