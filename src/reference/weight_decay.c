#include "reference/reference.h"

void lvk_reference_weight_decay(const lvk_reference_args *args) {
    const lvk_real *w = args->inputs[0], *hyper = args->inputs[1];
    lvk_real *new_w = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        new_w[i] = (lvk_real)((double)w[i] - (double)hyper[4] * (double)w[i]);
}
