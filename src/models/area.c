#include "models/area.h"

#include <string.h>

int lvk_area_build(lvk_builder *builder, int images, uint32_t count) {
    const bool frozen = builder->frozen;
    const size_t first = builder->parameter_count;
    builder->frozen = true;
    int x = lvk_layer_conv2d(builder, "ground", images, 1, 1, true);
    x = lvk_layer_global_average_pool(builder, "ground_pool", x);
    x = lvk_layer_dense(builder, "area", x, count, false);
    builder->frozen = frozen;
    for (size_t p = first; p < builder->parameter_count; ++p)
        builder->parameters[p].initializer = LVK_INIT_ZEROS;
    return x;
}

/* The parameter's tensor. The model has it. */
static const lvk_tensor *find(const lvk_builder *builder, const char *name) {
    const lvk_tensor *found = NULL;
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        if (strcmp(tensor->name, name) == 0)
            found = tensor;
    }
    return found;
}

static void set(const lvk_builder *builder, const char *name, const double *values, float *block) {
    const lvk_tensor *tensor = find(builder, name);
    for (uint64_t i = 0; i < lvk_type_count(&tensor->type); ++i)
        block[tensor->offset / sizeof *block + i] = (float)values[i];
}

void lvk_area_set(const lvk_builder *builder, const lvk_area_parameters *parameters, float *block) {
    double kernel[3], bias = 1;
    for (int c = 0; c < 3; ++c) {
        kernel[c] = -LVK_GROUND_STEEPNESS * parameters->deviation[c];
        bias -= LVK_GROUND_STEEPNESS * parameters->mean[c];
    }
    set(builder, "ground/kernel", kernel, block);
    set(builder, "ground/bias", &bias, block);
    set(builder, "area/kernel", parameters->kernel, block);
    set(builder, "area/bias", parameters->bias, block);
}
