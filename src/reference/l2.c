#include "ops/l2.h"

#include "reference/reference.h"

/* loss = lambda times the sum of w[i]² */
void lvk_reference_l2(const lvk_reference_args *args) {
    const lvk_l2_attributes *attributes = args->call->attributes;
    const lvk_real *w = args->inputs[0];
    lvk_real *loss = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    double sum = 0;
    for (uint64_t i = 0; i < count; ++i)
        sum += (double)w[i] * (double)w[i];
    *loss = (lvk_real)((double)attributes->lambda * sum);
}
