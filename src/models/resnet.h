/* Residual networks with a head of dense layers: the rows of models/resnet_table.h. */
#ifndef LVK_MODELS_RESNET_H
#define LVK_MODELS_RESNET_H

#include "models/model.h"

/* The number of stages that can be frozen, from the input on: conv1 with its pool, then conv2_x to
 * conv5_x. */
enum { LVK_RESNET_FREEZABLE = 5 };

int lvk_resnet_build(lvk_builder *builder, int input, const lvk_model_config *config);

#endif
