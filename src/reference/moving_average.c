#include "ops/moving_average.h"

#include "reference/reference.h"

/* new[i] = decay old[i] + (1 - decay) scale batch[i], in the place of old */
void lvk_reference_moving_average(const lvk_reference_args *args) {
    const lvk_moving_average_attributes *attributes = args->call->attributes;
    const lvk_real *old = args->inputs[0], *batch = args->inputs[1];
    lvk_real *mean = args->outputs[0];
    const double decay = (double)attributes->decay, scale = (double)attributes->scale;
    for (uint64_t i = 0; i < lvk_type_count(&args->call->inputs[0]); ++i)
        mean[i] = (lvk_real)(decay * (double)old[i] + (1 - decay) * (scale * (double)batch[i]));
}
