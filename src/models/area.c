#include "models/area.h"

/* clamp(z, 0, 1) = relu(z) - relu(z - 1) */
enum { GROUND_FILTERS = 2 };

int lvk_area_build(lvk_builder *builder, int images, uint32_t count) {
    const bool frozen = builder->frozen;
    const size_t first = builder->parameter_count;
    builder->frozen = true;
    int x = lvk_layer_conv2d(builder, "ground", images, GROUND_FILTERS, 1, true);
    x = lvk_layer_global_average_pool(builder, "ground_pool", x);
    x = lvk_layer_dense(builder, "area", x, count, false);
    builder->frozen = frozen;
    for (size_t p = first; p < builder->parameter_count; ++p)
        builder->parameters[p].initializer = LVK_INIT_ZEROS;
    return x;
}

void lvk_area_set(const lvk_builder *builder, const lvk_area_parameters *parameters, float *block) {
    double kernel[3][GROUND_FILTERS], bias[GROUND_FILTERS] = {2, 1},
                                      clamped[GROUND_FILTERS * LVK_MOST_CLASSES];
    const uint64_t count = lvk_type_count(&lvk_parameter_find(builder, "area/bias")->type);
    for (int c = 0; c < 3; ++c) {
        for (int f = 0; f < GROUND_FILTERS; ++f) {
            kernel[c][f] = -LVK_GROUND_STEEPNESS * parameters->deviation[c];
            bias[f] -= LVK_GROUND_STEEPNESS * parameters->mean[c];
        }
    }
    for (uint64_t k = 0; k < count; ++k) {
        clamped[k] = parameters->kernel[k];
        clamped[count + k] = -parameters->kernel[k];
    }
    lvk_parameter_set(builder, "ground/kernel", &kernel[0][0], block);
    lvk_parameter_set(builder, "ground/bias", bias, block);
    lvk_parameter_set(builder, "area/kernel", clamped, block);
    lvk_parameter_set(builder, "area/bias", parameters->bias, block);
}
