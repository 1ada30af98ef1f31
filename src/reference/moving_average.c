#include "ops/moving_average.h"

#include "reference/reference.h"

void lvk_reference_moving_average(const lvk_reference_args *args) {
    const lvk_real *average = args->inputs[0], *value = args->inputs[1];
    lvk_real *moved = args->outputs[0];
    const lvk_moving_average_attributes *attributes = args->call->attributes;
    const double decay = (double)attributes->decay, scale = (double)attributes->scale;
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        moved[i] = (lvk_real)(decay * (double)average[i] + (1 - decay) * scale * (double)value[i]);
}
