#include "ops/clip_norm.h"

#include "reference/reference.h"

#include <math.h>

void lvk_reference_clip_norm(const lvk_reference_args *args) {
    const lvk_clip_norm_attributes *attributes = args->call->attributes;
    const lvk_real *g = args->inputs[0], *squares = args->inputs[1];
    lvk_real *clipped = args->outputs[0];
    const double norm = sqrt((double)*squares), max_norm = (double)attributes->max_norm;
    const uint64_t count = lvk_type_count(&args->call->inputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        clipped[i] = norm > max_norm ? (lvk_real)((double)g[i] * (max_norm / norm)) : g[i];
}
