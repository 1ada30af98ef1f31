#include "models/cnn.h"

int lvk_cnn_build(lvk_builder *builder, int images, const lvk_model_config *config) {
    int x = lvk_layer_conv2d(builder, "conv2d", images, 32, 3, true);
    x = lvk_layer_maxpool2d(builder, "max_pooling2d", x, 2, 2, 0);
    lvk_layer_checkpoint(builder, x);
    x = lvk_layer_conv2d(builder, "conv2d_1", x, 64, 3, true);
    x = lvk_layer_maxpool2d(builder, "max_pooling2d_1", x, 2, 2, 0);
    lvk_layer_checkpoint(builder, x);
    x = lvk_layer_conv2d(builder, "conv2d_2", x, 64, 3, true);
    lvk_layer_feature_map(builder, x);
    x = lvk_layer_maxpool2d(builder, "max_pooling2d_2", x, 2, 2, 0);
    x = lvk_layer_flatten(builder, "flatten", x);
    x = lvk_layer_dense(builder, "dense", x, 64, true);
    x = lvk_layer_dropout(builder, "dropout", x, config->dropout);
    return lvk_layer_dense(builder, "dense_1", x, lvk_model_logits(config), false);
}
