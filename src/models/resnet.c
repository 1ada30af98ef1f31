#include "models/resnet.h"

#include "models/head.h"
#include "models/resnet_table.h"

#include <stdio.h>

/* The decay of the norms' running averages, which is Keras' default and that of the golden numbers. */
#define NORM_DECAY 0.99F

/* A network under construction. */
typedef struct construction {
    lvk_builder *builder;
    const lvk_model_config *config;
    lvk_resnet_table table;
} construction;

static int add_conv(const construction *c, uint32_t index, int x) {
    const lvk_resnet_conv *conv = &c->table.convs[index];
    const lvk_conv_norm layer = {.conv = conv->name,
                                 .norm = conv->norm,
                                 .filters = conv->out,
                                 .kernel = conv->kernel,
                                 .stride = conv->stride,
                                 .padding = conv->padding,
                                 .bias = lvk_resnet_variant_has_biases(c->table.variant),
                                 .folded = c->config->folded,
                                 .epsilon = lvk_resnet_epsilon(c->table.variant),
                                 .decay = NORM_DECAY};
    return lvk_layer_conv_norm(c->builder, &layer, x, conv->relu);
}

static int add_block(const construction *c, const lvk_resnet_block *block, int x) {
    char name[LVK_RESNET_NAME];
    snprintf(name, sizeof name, "res%u%c", (unsigned)block->stage + 2, (char)('a' + (int)block->index));
    int y = x;
    for (uint32_t i = 0; i < block->conv_count; ++i)
        y = add_conv(c, block->first_conv + i, y);
    const int shortcut = block->projection ? add_conv(c, block->first_conv + block->conv_count, x) : x;
    return lvk_layer_residual(c->builder, name, y, shortcut);
}

/* Begins a stage. The first config->frozen_stages stages are frozen: their parameters are not trained, and
 * the averages of their norms are not updated. */
static void enter_stage(const construction *c, uint32_t stage) {
    c->builder->frozen = stage < c->config->frozen_stages;
    c->builder->stage = stage + 1;
}

/* Whether the input of the block is a checkpoint, so that a segment begins. With the batch's statistics every
 * block is a segment: its convolutions are needed before and after their norms, three times the bytes of its
 * output. With averages a segment has two blocks, which need fewer bytes than that. */
static bool begins_segment(const construction *c, const lvk_resnet_block *block) {
    return c->config->batch_statistics || block->index % 2 == 0;
}

static int build_backbone(const construction *c, int images) {
    c->builder->batch_statistics = c->config->batch_statistics;
    enter_stage(c, 0);
    int x = add_conv(c, 0, images);
    x = lvk_layer_maxpool2d(c->builder, "pool1", x, 3, 2, 1);
    const uint32_t last = lvk_model_feature_stage(c->config) - LVK_RESNET_FIRST_STAGE;
    for (uint32_t b = 0; b < c->table.block_count && c->table.blocks[b].stage <= last; ++b) {
        enter_stage(c, c->table.blocks[b].stage + 1);
        if (begins_segment(c, &c->table.blocks[b]))
            lvk_layer_checkpoint(c->builder, x);
        x = add_block(c, &c->table.blocks[b], x);
    }
    c->builder->frozen = false;
    c->builder->stage = 0;
    lvk_layer_feature_map(c->builder, x);
    return lvk_layer_global_average_pool(c->builder, "avg_pool", x);
}

int lvk_resnet_build(lvk_builder *builder, int input, const lvk_model_config *config) {
    construction c = {.builder = builder, .config = config};
    lvk_resnet_table_init(&c.table, lvk_resnet_find(config->architecture), config->variant);
    const int features = config->part == LVK_MODEL_HEAD ? input : build_backbone(&c, input);
    lvk_head head;
    if (config->part == LVK_MODEL_BACKBONE || features == LVK_NONE)
        return features;
    if (lvk_head_parse(config->head ? config->head : LVK_HEAD_DEFAULT, &head) != LVK_OK) {
        builder->graph->status = LVK_ERROR_ARGUMENT;
        return LVK_NONE;
    }
    return lvk_head_build(builder, features, &head, config->folded, lvk_model_logits(config));
}
