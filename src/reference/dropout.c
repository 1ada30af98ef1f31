#include "ops/dropout.h"

#include "core/random.h"
#include "reference/reference.h"

/* mask[n][e] = u(n, e) >= rate; y[n][e] = mask[n][e] x[n][e] / (1 - rate), with the random numbers u(n, e) of
 * ops/dropout.h */
void lvk_reference_dropout(const lvk_reference_args *args) {
    const lvk_dropout_attributes *attributes = args->call->attributes;
    const lvk_real *x = args->inputs[0];
    const uint32_t *keys = args->inputs[1];
    lvk_real *y = args->outputs[0];
    uint8_t *mask = args->outputs[1];
    const lvk_real scale = lvk_dropout_scale(attributes);
    const uint64_t row = lvk_type_row_count(&args->call->inputs[0]);
    for (uint32_t n = 0; n < args->call->inputs[0].dim[0]; ++n) {
        const lvk_random_key key = {.seed = keys[4 * n] | (uint64_t)keys[4 * n + 1] << 32,
                                    .epoch = keys[4 * n + 2],
                                    .sample = keys[4 * n + 3],
                                    .purpose = LVK_PURPOSE_DROPOUT + attributes->layer};
        for (uint64_t e = 0; e < row; ++e) {
            const uint64_t i = n * row + e;
            mask[i] = lvk_random_uniform(&key, (uint32_t)e) >= attributes->rate;
            y[i] = mask[i] ? x[i] * scale : 0;
        }
    }
}
