#include "ops/l2.h"

#include "reference/reference.h"

/* dw[i] = 2 lambda w[i] dloss */
void lvk_reference_l2_grad(const lvk_reference_args *args) {
    const lvk_l2_attributes *attributes = args->call->attributes;
    const lvk_real *w = args->inputs[0], *dloss = args->inputs[1];
    lvk_real *dw = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        dw[i] = (lvk_real)(2 * (double)attributes->lambda * (double)w[i] * (double)*dloss);
}
