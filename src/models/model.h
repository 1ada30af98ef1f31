/* Models by name. A new one is a file with a build function and a line in model.c. */
#ifndef LVK_MODELS_MODEL_H
#define LVK_MODELS_MODEL_H

#include "models/layers.h"
#include "models/resnet_table.h"

/* Which part of a model with a backbone is built. */
typedef enum lvk_model_part {
    LVK_MODEL_WHOLE,    /* images -> logits */
    LVK_MODEL_BACKBONE, /* images -> features */
    LVK_MODEL_HEAD      /* features -> logits */
} lvk_model_part;

typedef struct lvk_model_config {
    const char *architecture; /* "cnn", "resnet50" */
    uint32_t image_size;      /* height and width in pixels of what goes in; 0: the model's own */
    double dropout;           /* of the cnn and cnn-gap: rate in [0, 1) */
    uint32_t classes;         /* that it tells apart; up to 2: one logit; else one a class, of a softmax */

    /* Of models with a backbone; the others have neither parts nor stages (but may have batch norms). */
    lvk_model_part part;
    const char *head;           /* models/head.h; NULL: LVK_HEAD_DEFAULT */
    lvk_resnet_variant variant; /* whose weights fit it */
    bool folded;                /* without batch norms: they are in the convolutions. Inference only */
    uint32_t frozen_stages;     /* stages, from the input, whose parameters are not trained */
    bool batch_statistics;      /* batch norms of the other stages are trained, with the batch's statistics */
} lvk_model_config;

/* Appends the forward pass to builder->graph; `input` is of lvk_model_input's type. Returns the logits [N, 1]
 * of the positive class (probability = sigmoid(logit)), of three and more classes the logits [N, classes]
 * (probabilities = softmax(logits)), or the features [N, F] of a backbone. The order of the parameters does
 * not depend on `training`. */
typedef int (*lvk_model_build_fn)(lvk_builder *builder, int input, const lvk_model_config *config);

typedef struct lvk_model {
    const char *architecture;
    uint32_t image_size; /* height and width in pixels that it is made for; three channels */
    bool any_size;       /* it takes others, LVK_LEAST_IMAGE_SIZE to LVK_MOST_IMAGE_SIZE */
    bool batch_norm;     /* it has some; without a backbone they are trained, with the batch's statistics */
    uint32_t features;   /* numbers that the backbone gives for an image; 0: there is no backbone */
    uint32_t stages;     /* of the backbone */
    lvk_model_build_fn build;
} lvk_model;

enum { LVK_LEAST_IMAGE_SIZE = 32, LVK_MOST_IMAGE_SIZE = 1024 };

/* Logits of an image: 1, or as many as there are classes where these are more than 2. */
uint32_t lvk_model_logits(const lvk_model_config *config);

/* Height and width of the images that go into it. */
uint32_t lvk_model_image_size(const lvk_model *model, const lvk_model_config *config);

/* LVK_ERROR_ARGUMENT: the model does not take images of `size` pixels, 0 being its own. */
LVK_MUST_USE lvk_status lvk_model_check_size(const lvk_model *model, uint32_t size);

/* The type of what goes into it: images [N, size, size, 3], or for a head features [N, F]. */
lvk_type lvk_model_input(const lvk_model *model, const lvk_model_config *config, uint32_t batch);

/* NULL, and an error line with the names that exist, for an unknown architecture. */
const lvk_model *lvk_model_find(const char *architecture);

/* Initial values of all parameters into an image of the parameter block: Philox(seed, parameter's number,
 * element), so that a parameter's start does not depend on what else there is. Padding is left as it is. */
void lvk_model_initialize(const lvk_builder *builder, uint64_t seed, float *block);

/* Number of learnt numbers. */
uint64_t lvk_model_parameter_count(const lvk_builder *builder);

/* lvk_model_summary_create (leukvk/model.h) of a model with other settings than its architecture's own. `config` is read during
 * the call only. */
LVK_MUST_USE lvk_status lvk_model_summary_of(const lvk_model_config *config, lvk_model_summary **summary);

#endif
