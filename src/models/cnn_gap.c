#include "models/cnn_gap.h"

#include <stdio.h>

static int add_conv(lvk_builder *builder, const lvk_model_config *config, int number, int x, uint32_t filters,
                    uint32_t stride) {
    char conv[16], norm[16];
    snprintf(conv, sizeof conv, "conv%d", number);
    snprintf(norm, sizeof norm, "bn%d", number);
    const lvk_conv_norm layer = {.conv = conv,
                                 .norm = norm,
                                 .filters = filters,
                                 .kernel = 3,
                                 .stride = stride,
                                 .padding = 1,
                                 .folded = config->folded,
                                 .epsilon = 1e-3F,
                                 .decay = 0.9F};
    return lvk_layer_conv_norm(builder, &layer, x, true);
}

int lvk_cnn_gap_build(lvk_builder *builder, int images, const lvk_model_config *config) {
    builder->batch_statistics = config->batch_statistics;
    int x = add_conv(builder, config, 1, images, 32, 2);
    x = lvk_layer_maxpool2d(builder, "pool1", x, 2, 2, 0);
    lvk_layer_checkpoint(builder, x);
    x = add_conv(builder, config, 2, x, 64, 1);
    x = lvk_layer_maxpool2d(builder, "pool2", x, 2, 2, 0);
    lvk_layer_checkpoint(builder, x);
    x = add_conv(builder, config, 3, x, 128, 1);
    x = lvk_layer_maxpool2d(builder, "pool3", x, 2, 2, 0);
    lvk_layer_checkpoint(builder, x);
    x = add_conv(builder, config, 4, x, 256, 1);
    lvk_layer_feature_map(builder, x);
    x = lvk_layer_global_average_pool(builder, "avg_pool", x);
    x = lvk_layer_dropout(builder, "dropout", x, config->dropout);
    return lvk_layer_dense(builder, "dense", x, lvk_model_logits(config), false);
}
