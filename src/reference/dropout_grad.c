#include "ops/dropout.h"

#include "reference/reference.h"

/* dx[i] = mask[i] dy[i] / (1 - rate) */
void lvk_reference_dropout_grad(const lvk_reference_args *args) {
    const lvk_real *dy = args->inputs[0];
    const uint8_t *mask = args->inputs[1];
    lvk_real *dx = args->outputs[0];
    const lvk_real scale = lvk_dropout_scale(args->call->attributes);
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        dx[i] = mask[i] ? dy[i] * scale : 0;
}
