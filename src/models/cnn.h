/* "cnn": the small CNN of the Keras work, with 2,825,345 parameters.
 *
 *   224×224×3 → conv 3×3 valid 32, ReLU → maxpool 2 → conv 3×3 valid 64, ReLU → maxpool 2 →
 *   conv 3×3 valid 64, ReLU → maxpool 2 → flatten 43,264 → dense 64, ReLU → dropout →
 *   dense 1 (the logit; sigmoid gives the probability) */
#ifndef LVK_MODELS_CNN_H
#define LVK_MODELS_CNN_H

#include "models/model.h"

int lvk_cnn_build(lvk_builder *builder, int images, const lvk_model_config *config);

#endif
