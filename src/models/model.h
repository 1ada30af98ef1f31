/* Models by name. A new one is a file with a build function and a line in model.c. */
#ifndef LVK_MODELS_MODEL_H
#define LVK_MODELS_MODEL_H

#include "models/layers.h"

typedef struct lvk_model_config {
    const char *architecture; /* "cnn" */
    double dropout;           /* rate in [0, 1) */
} lvk_model_config;

/* Appends the forward pass to builder->graph; `images` is [N, 224, 224, 3] in 0..1. Returns the logits [N, 1]
 * of the positive class: probability = sigmoid(logit). The order of the parameters does not depend on
 * `training`. */
typedef int (*lvk_model_build_fn)(lvk_builder *builder, int images, const lvk_model_config *config);

typedef struct lvk_model {
    const char *architecture;
    uint32_t image_size; /* height and width in pixels; three channels */
    lvk_model_build_fn build;
} lvk_model;

/* NULL, and an error line with the names that exist, for an unknown architecture. */
const lvk_model *lvk_model_find(const char *architecture);

/* Initial values of all parameters into an image of the parameter block: Philox(seed, parameter's number,
 * element), so that a parameter's start does not depend on what else there is. Padding is left as it is. */
void lvk_model_initialize(const lvk_builder *builder, uint64_t seed, float *block);

/* Number of learnt numbers. */
uint64_t lvk_model_parameter_count(const lvk_builder *builder);

#endif
