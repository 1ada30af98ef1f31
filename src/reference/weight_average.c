#include "ops/weight_average.h"

#include "reference/reference.h"

void lvk_reference_weight_average(const lvk_reference_args *args) {
    const lvk_real *e = args->inputs[0], *w = args->inputs[1], *hyper = args->inputs[2];
    lvk_real *average = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        average[i] =
            (lvk_real)((double)e[i] + ((double)w[i] - (double)e[i]) * (double)hyper[LVK_HYPER_AVERAGE]);
}
