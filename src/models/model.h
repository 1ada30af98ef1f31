/* Models by name. A new model is a file with a build function and a line in model.c. */
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

/* What of the cell is measured beside the net (models/cell.h). */
typedef enum lvk_cell_measures { LVK_CELL_NONE, LVK_CELL_AREA, LVK_CELL_AREA_AND_HUE } lvk_cell_measures;

typedef struct lvk_model_config {
    const char *architecture; /* "cnn", "resnet50" */
    uint32_t image_size;      /* height and width of the images in pixels; 0: the model's own size */
    double dropout;           /* of cnn and cnn-gap: the rate of dropout, in [0, 1) */
    lvk_cell_measures cell;   /* of a model without a backbone: predict with the logits of these */
    uint32_t classes; /* the number of classes; up to 2: one logit, else one for each class, for a softmax */

    /* For models with a backbone. Other models have neither parts nor stages, but may have batch norms. */
    lvk_model_part part;
    uint32_t feature_stage; /* the stage (models/resnet_table.h) whose output, averaged over the image, is the
                                   features, and with which the backbone ends; 0: the last */
    const char *head;       /* a text of models/head.h; NULL: LVK_HEAD_DEFAULT */
    lvk_resnet_variant variant; /* the variant whose weights fit the model */
    bool folded;                /* batch norms are folded into the convolutions; for inference only */
    uint32_t frozen_stages;     /* the number of stages, from the input on, that are not trained */
    bool batch_statistics;      /* batch norms of the other stages are trained, with the batch's statistics */
} lvk_model_config;

/* Appends the forward pass to builder->graph; `input` is of lvk_model_input's type. Returns the logits [N, 1]
 * of the positive class (probability = sigmoid(logit)), of three and more classes the logits [N, classes]
 * (probabilities = softmax(logits)), or the features [N, F] of a backbone. The order of the parameters does
 * not depend on `training`. */
typedef int (*lvk_model_build_fn)(lvk_builder *builder, int input, const lvk_model_config *config);

typedef struct lvk_model {
    const char *architecture;
    uint32_t image_size; /* height and width in pixels of its images, which have three channels */
    bool any_size;       /* it takes other sizes, LVK_LEAST_IMAGE_SIZE to LVK_MOST_IMAGE_SIZE */
    bool batch_norm;     /* it has batch norms; without a backbone they train with the batch's statistics */
    uint32_t features;   /* the number of features of its whole backbone; 0: it has no backbone */
    uint32_t stages;     /* the number of stages of its backbone */
    lvk_model_build_fn build;
} lvk_model;

enum { LVK_LEAST_IMAGE_SIZE = 32, LVK_MOST_IMAGE_SIZE = 1024 };

/* The number of logits of an image: 1 for up to 2 classes, else the number of classes. */
uint32_t lvk_model_logits(const lvk_model_config *config);

/* Height and width in pixels of the images that the model takes. */
uint32_t lvk_model_image_size(const lvk_model *model, const lvk_model_config *config);

/* Fails with LVK_ERROR_ARGUMENT unless the model takes images of `size` x `size` pixels; 0 stands for its own
 * size. */
LVK_MUST_USE lvk_status lvk_model_check_size(const lvk_model *model, uint32_t size);

/* Appends the whole forward pass: what `build` appends and, with config->cell, unless training, the sum with the
 * logits of the cell's measures. */
int lvk_model_build(const lvk_model *model, lvk_builder *builder, int input, const lvk_model_config *config);

/* The stage that config->feature_stage stands for, and the number of features of a model with a backbone. */
uint32_t lvk_model_feature_stage(const lvk_model_config *config);
uint32_t lvk_model_features(const lvk_model_config *config);

/* The type of the model's input: images [N, size, size, 3], or, for a head, features [N, F]. */
lvk_type lvk_model_input(const lvk_model *model, const lvk_model_config *config, uint32_t batch);

/* The model of an architecture. For an unknown one NULL, and an error line with all names. */
const lvk_model *lvk_model_find(const char *architecture);

/* Writes the initial values of all parameters into `block`, which has the layout of the parameter block. They
 * are drawn by Philox (seed, number of the parameter, element), so that the values of a parameter do not
 * depend on others. Padding is not changed. */
void lvk_model_initialize(const lvk_builder *builder, uint64_t seed, float *block);

/* The number of elements of all parameters that are trained. */
uint64_t lvk_model_parameter_count(const lvk_builder *builder);

/* The same as lvk_model_summary_create (leukvk/model.h) for a model with the settings `config`, which is read
 * during the call only. */
LVK_MUST_USE lvk_status lvk_model_summary_of(const lvk_model_config *config, lvk_model_summary **summary);

/* One summary of several models, which it copies: the members of a joined file. */
LVK_MUST_USE lvk_status lvk_model_summary_join(lvk_model_summary *const *parts, uint32_t count,
                                               lvk_model_summary **summary);

#endif
