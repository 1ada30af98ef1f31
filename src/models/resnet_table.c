#include "models/resnet_table.h"

#include <stdio.h>
#include <string.h>

const lvk_resnet_spec lvk_resnet_specs[] = {
    {"resnet18", LVK_RESNET_BASIC, {2, 2, 2, 2}, {64, 128, 256, 512}},
    {"resnet34", LVK_RESNET_BASIC, {3, 4, 6, 3}, {64, 128, 256, 512}},
    {"resnet50", LVK_RESNET_BOTTLENECK, {3, 4, 6, 3}, {64, 128, 256, 512}},
    {"resnet101", LVK_RESNET_BOTTLENECK, {3, 4, 23, 3}, {64, 128, 256, 512}},
    {"resnet50-narrow", LVK_RESNET_BOTTLENECK, {3, 4, 6, 3}, {8, 16, 32, 64}},
    {0},
};

const lvk_resnet_spec *lvk_resnet_find(const char *architecture) {
    for (const lvk_resnet_spec *spec = lvk_resnet_specs; spec->architecture; ++spec)
        if (strcmp(spec->architecture, architecture) == 0)
            return spec;
    return NULL;
}

/* ---- the variants ---- */

static const struct {
    const char *name, *preprocessing;
    float epsilon;
    bool biases;
} variants[LVK_RESNET_VARIANTS] = {
    [LVK_RESNET_KERAS] = {"keras", "caffe", 1e-3F, true},
    [LVK_RESNET_TORCHVISION] = {"torchvision", "imagenet", 1e-5F, false},
    [LVK_RESNET_KERAS_2019] = {"keras-2019", "caffe", 1.001e-5F, true},
};

const char *lvk_resnet_variant_name(lvk_resnet_variant variant) {
    return variants[variant].name;
}

bool lvk_resnet_variant_find(const char *name, lvk_resnet_variant *variant) {
    for (int v = 0; v < LVK_RESNET_VARIANTS; ++v) {
        if (strcmp(variants[v].name, name) == 0) {
            *variant = (lvk_resnet_variant)v;
            return true;
        }
    }
    return false;
}

bool lvk_resnet_variant_has_biases(lvk_resnet_variant variant) {
    return variants[variant].biases;
}

const char *lvk_resnet_preprocessing_name(lvk_resnet_variant variant) {
    return variants[variant].preprocessing;
}

float lvk_resnet_epsilon(lvk_resnet_variant variant) {
    return variants[variant].epsilon;
}

/* ---- the two kinds of block ---- */

typedef struct block_form {
    uint32_t conv_count;
    uint32_t kernel[3];
    uint32_t factor[3]; /* output channels of each convolution, as multiples of the stage's width */
    uint32_t strided[LVK_RESNET_VARIANTS]; /* the number of the convolution that has the block's stride */
} block_form;

static const block_form forms[] = {
    [LVK_RESNET_BASIC] = {2, {3, 3}, {1, 1}, {0}},
    [LVK_RESNET_BOTTLENECK] = {3, {1, 3, 1}, {1, 1, 4}, {[LVK_RESNET_TORCHVISION] = 1}},
};

static uint32_t expansion(const lvk_resnet_spec *spec) {
    const block_form *form = &forms[spec->kind];
    return form->factor[form->conv_count - 1];
}

uint32_t lvk_resnet_features(const lvk_resnet_spec *spec) {
    return lvk_resnet_stage_features(spec, LVK_RESNET_LAST_STAGE);
}

/* ---- stages ---- */

static const char *const stage_names[LVK_RESNET_STAGES] = {"conv2_x", "conv3_x", "conv4_x", "conv5_x"};

const char *lvk_resnet_stage_name(uint32_t stage) {
    return stage_names[stage - LVK_RESNET_FIRST_STAGE];
}

uint32_t lvk_resnet_stage_find(const char *name) {
    for (uint32_t i = 0; i < LVK_RESNET_STAGES; ++i)
        if (strcmp(name, stage_names[i]) == 0)
            return LVK_RESNET_FIRST_STAGE + i;
    return 0;
}

uint32_t lvk_resnet_stage_features(const lvk_resnet_spec *spec, uint32_t stage) {
    return expansion(spec) * spec->widths[stage - LVK_RESNET_FIRST_STAGE];
}

uint32_t lvk_resnet_stage_convs(const lvk_resnet_table *table, uint32_t stage) {
    uint32_t b = 0;
    while (b < table->block_count && table->blocks[b].stage + LVK_RESNET_FIRST_STAGE <= stage)
        ++b;
    return b < table->block_count ? table->blocks[b].first_conv : table->conv_count;
}

/* ---- the table ---- */

/* Adds a convolution of a block. `branch` is "2a", "2b", "2c" or "1". */
static lvk_resnet_conv *add_conv(lvk_resnet_table *table, const lvk_resnet_block *block, const char *branch) {
    lvk_resnet_conv *conv = &table->convs[table->conv_count++];
    const unsigned stage = (block->stage + 2) % 10; /* % 10 tells the compiler that the name has one digit */
    const char letter = (char)('a' + block->index);
    snprintf(conv->name, sizeof conv->name, "res%u%c_branch%s", stage, letter, branch);
    snprintf(conv->norm, sizeof conv->norm, "bn%u%c_branch%s", stage, letter, branch);
    return conv;
}

static void add_block(lvk_resnet_table *table, uint32_t stage, uint32_t index) {
    const block_form *form = &forms[table->spec->kind];
    const uint32_t width = table->spec->widths[stage], stride = stage > 0 && index == 0 ? 2 : 1;
    const uint32_t in = table->convs[table->conv_count - 1].out, out = expansion(table->spec) * width;
    lvk_resnet_block *block = &table->blocks[table->block_count++];
    *block = (lvk_resnet_block){stage, index, table->conv_count, form->conv_count, stride != 1 || in != out};
    uint32_t channels = in;
    for (uint32_t i = 0; i < form->conv_count; ++i) {
        lvk_resnet_conv *conv = add_conv(table, block, (const char *const[]){"2a", "2b", "2c"}[i]);
        conv->kernel = form->kernel[i];
        conv->in = channels;
        conv->out = channels = form->factor[i] * width;
        conv->stride = form->strided[table->variant] == i ? stride : 1;
        conv->padding = conv->kernel / 2;
        conv->relu = i + 1 < form->conv_count;
    }
    if (block->projection) {
        lvk_resnet_conv *conv = add_conv(table, block, "1");
        conv->kernel = 1;
        conv->in = in;
        conv->out = out;
        conv->stride = stride;
    }
}

void lvk_resnet_table_init(lvk_resnet_table *table, const lvk_resnet_spec *spec, lvk_resnet_variant variant) {
    *table = (lvk_resnet_table){.spec = spec, .variant = variant, .conv_count = 1};
    table->convs[0] = (lvk_resnet_conv){.name = "conv1",
                                        .norm = "bn_conv1",
                                        .kernel = 7,
                                        .in = 3,
                                        .out = spec->widths[0],
                                        .stride = 2,
                                        .padding = 3,
                                        .relu = true};
    for (uint32_t stage = 0; stage < LVK_RESNET_STAGES; ++stage)
        for (uint32_t i = 0; i < spec->blocks[stage]; ++i)
            add_block(table, stage, i);
}

/* ---- tensors ---- */

static const char *const role_names[] = {
    [LVK_RESNET_KERNEL] = "kernel",    [LVK_RESNET_BIAS] = "bias",
    [LVK_RESNET_GAMMA] = "gamma",      [LVK_RESNET_BETA] = "beta",
    [LVK_RESNET_MEAN] = "moving_mean", [LVK_RESNET_VARIANCE] = "moving_variance",
};

static lvk_resnet_tensor tensor_of(const char *layer, lvk_resnet_role role, uint32_t conv, lvk_type type) {
    lvk_resnet_tensor tensor = {.role = role, .conv = conv, .type = type};
    snprintf(tensor.name, sizeof tensor.name, "%s/%s", layer, role_names[role]);
    return tensor;
}

size_t lvk_resnet_tensors(const lvk_resnet_table *table, lvk_resnet_tensor *tensors) {
    size_t count = 0;
    for (uint32_t i = 0; i < table->conv_count; ++i) {
        const lvk_resnet_conv *conv = &table->convs[i];
        const lvk_type channels = lvk_type_1d(LVK_F32, conv->out);
        tensors[count++] = tensor_of(conv->name, LVK_RESNET_KERNEL, i,
                                     lvk_type_4d(LVK_F32, conv->kernel, conv->kernel, conv->in, conv->out));
        if (lvk_resnet_variant_has_biases(table->variant))
            tensors[count++] = tensor_of(conv->name, LVK_RESNET_BIAS, i, channels);
        for (lvk_resnet_role role = LVK_RESNET_GAMMA; role <= LVK_RESNET_VARIANCE; ++role)
            tensors[count++] = tensor_of(conv->norm, role, i, channels);
    }
    return count;
}

void lvk_resnet_classifier(const lvk_resnet_table *table, lvk_resnet_tensor tensors[2]) {
    const uint32_t features = lvk_resnet_features(table->spec);
    tensors[0] = tensor_of("fc1000", LVK_RESNET_KERNEL, table->conv_count,
                           lvk_type_2d(LVK_F32, features, LVK_RESNET_CLASSES));
    tensors[1] =
        tensor_of("fc1000", LVK_RESNET_BIAS, table->conv_count, lvk_type_1d(LVK_F32, LVK_RESNET_CLASSES));
}
