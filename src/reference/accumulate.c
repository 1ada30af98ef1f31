#include "ops/accumulate.h"

#include "reference/reference.h"

void lvk_reference_accumulate(const lvk_reference_args *args) {
    const lvk_real *a = args->inputs[0], *g = args->inputs[1], *hyper = args->inputs[2];
    lvk_real *sum = args->outputs[0];
    const bool first = (double)hyper[0] == 0;
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        sum[i] = (lvk_real)((first ? 0 : (double)a[i]) + (double)hyper[1] * (double)g[i]);
}
