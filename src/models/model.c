#include "models/model.h"

#include "core/random.h"
#include "models/cnn.h"

#include <math.h>
#include <string.h>

static const lvk_model models[] = {
    {.architecture = "cnn", .image_size = 224, .build = lvk_cnn_build},
};
enum { MODEL_COUNT = sizeof models / sizeof *models };

const char *lvk_architecture_name(size_t index) {
    return index < MODEL_COUNT ? models[index].architecture : NULL;
}

const lvk_model *lvk_model_find(const char *architecture) {
    for (size_t i = 0; i < MODEL_COUNT; ++i)
        if (strcmp(models[i].architecture, architecture) == 0)
            return &models[i];
    char names[256] = "";
    for (size_t i = 0; i < MODEL_COUNT; ++i) {
        strncat(names, i ? ", " : "", sizeof names - strlen(names) - 1);
        strncat(names, models[i].architecture, sizeof names - strlen(names) - 1);
    }
    (void)lvk_fail(LVK_ERROR_ARGUMENT, "there is no model '%s'; there is: %s", architecture, names);
    return NULL;
}

void lvk_model_initialize(const lvk_builder *builder, uint64_t seed, float *block) {
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_parameter *parameter = &builder->parameters[p];
        const lvk_tensor *tensor = &builder->graph->tensors[parameter->tensor];
        float *values = block + tensor->offset / sizeof(float);
        const uint64_t count = lvk_type_count(&tensor->type);
        const float limit = (float)sqrt(6.0 / ((double)parameter->fan_in + (double)parameter->fan_out));
        const lvk_random_key key = {.seed = seed, .sample = (uint32_t)p, .purpose = LVK_PURPOSE_WEIGHTS};
        for (uint64_t i = 0; i < count; ++i)
            values[i] = parameter->initializer == LVK_INIT_ZEROS
                            ? 0.0F
                            : (2 * lvk_random_uniform(&key, (uint32_t)i) - 1) * limit;
    }
}

uint64_t lvk_model_parameter_count(const lvk_builder *builder) {
    uint64_t count = 0;
    for (size_t p = 0; p < builder->parameter_count; ++p)
        count += lvk_type_count(&builder->graph->tensors[builder->parameters[p].tensor].type);
    return count;
}
