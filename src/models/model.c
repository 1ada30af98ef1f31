#include "models/model.h"

#include "core/random.h"
#include "models/cell.h"
#include "models/cnn.h"
#include "models/cnn_gap.h"
#include "models/resnet.h"

#include <math.h>
#include <string.h>

#define RESNET(name, size, length)                                                                           \
    {.architecture = (name),                                                                                 \
     .image_size = (size),                                                                                   \
     .any_size = true,                                                                                       \
     .features = (length),                                                                                   \
     .stages = LVK_RESNET_FREEZABLE,                                                                         \
     .batch_norm = true,                                                                                     \
     .build = lvk_resnet_build}
static const lvk_model models[] = {
    {.architecture = "cnn", .image_size = 224, .build = lvk_cnn_build},
    {.architecture = "cnn-gap",
     .image_size = 112,
     .any_size = true,
     .batch_norm = true,
     .build = lvk_cnn_gap_build},
    RESNET("resnet18", 224, 512),
    RESNET("resnet34", 224, 512),
    RESNET("resnet50", 224, 2048),
    RESNET("resnet101", 224, 2048),
    RESNET("resnet50-narrow", 64, 256),
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

uint32_t lvk_model_logits(const lvk_model_config *config) {
    return config->classes > 2 ? config->classes : 1;
}

uint32_t lvk_model_image_size(const lvk_model *model, const lvk_model_config *config) {
    return config->image_size ? config->image_size : model->image_size;
}

lvk_status lvk_model_check_size(const lvk_model *model, uint32_t size) {
    if (size == 0 || size == model->image_size)
        return LVK_OK;
    if (!model->any_size)
        return lvk_fail(LVK_ERROR_ARGUMENT, "images of %u pixels: %s takes only images of %u pixels", size,
                        model->architecture, model->image_size);
    if (size < LVK_LEAST_IMAGE_SIZE || size > LVK_MOST_IMAGE_SIZE)
        return lvk_fail(LVK_ERROR_ARGUMENT, "images of %u pixels: must be from %d to %d", size,
                        LVK_LEAST_IMAGE_SIZE, LVK_MOST_IMAGE_SIZE);
    return LVK_OK;
}

int lvk_model_build(const lvk_model *model, lvk_builder *builder, int input, const lvk_model_config *config) {
    const int logits = model->build(builder, input, config);
    if (!config->cell || model->features)
        return logits;
    const int cell = lvk_cell_build(builder, input, config->cell, lvk_model_logits(config));
    if (builder->training) /* only its parameters are a part of the training program */
        return logits;
    return LVK_APPLY(builder->graph, "logits", LVK_OP_add, NULL, logits, cell);
}

uint32_t lvk_model_feature_stage(const lvk_model_config *config) {
    return config->feature_stage ? config->feature_stage : LVK_RESNET_LAST_STAGE;
}

uint32_t lvk_model_features(const lvk_model_config *config) {
    return lvk_resnet_stage_features(lvk_resnet_find(config->architecture), lvk_model_feature_stage(config));
}

lvk_type lvk_model_input(const lvk_model *model, const lvk_model_config *config, uint32_t batch) {
    if (model->features && config->part == LVK_MODEL_HEAD)
        return lvk_type_2d(LVK_F32, batch, lvk_model_features(config));
    const uint32_t size = lvk_model_image_size(model, config);
    return lvk_type_4d(LVK_F32, batch, size, size, 3);
}

static float initial_value(const lvk_parameter *parameter, const lvk_random_key *key, uint32_t element) {
    const float limit = (float)sqrt(6.0 / ((double)parameter->fan_in + (double)parameter->fan_out));
    switch (parameter->initializer) {
    case LVK_INIT_ZEROS:
        return 0;
    case LVK_INIT_ONES:
        return 1;
    case LVK_INIT_GLOROT_UNIFORM:
        break;
    }
    return (2 * lvk_random_uniform(key, element) - 1) * limit;
}

void lvk_model_initialize(const lvk_builder *builder, uint64_t seed, float *block) {
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_parameter *parameter = &builder->parameters[p];
        const lvk_tensor *tensor = &builder->graph->tensors[parameter->tensor];
        float *values = block + tensor->offset / sizeof(float);
        const uint64_t count = lvk_type_count(&tensor->type);
        const lvk_random_key key = {.seed = seed, .sample = (uint32_t)p, .purpose = LVK_PURPOSE_WEIGHTS};
        for (uint64_t i = 0; i < count; ++i)
            values[i] = initial_value(parameter, &key, (uint32_t)i);
    }
}

uint64_t lvk_model_parameter_count(const lvk_builder *builder) {
    uint64_t count = 0;
    for (size_t p = 0; p < builder->parameter_count; ++p)
        count += lvk_type_count(&builder->graph->tensors[builder->parameters[p].tensor].type);
    return count;
}
