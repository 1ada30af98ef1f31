#include "artifact/backbone.h"

#include "formats/batchnorm_folding.h"

#include <string.h>

/* Keras' weights were trained on blue, green and red from 0 to 255, minus ImageNet's means; torchvision's on
 * red, green and blue from 0 to 1, minus the means, divided by the standard deviations. */
lvk_standard lvk_backbone_standard(lvk_resnet_variant variant) {
    if (variant != LVK_RESNET_TORCHVISION)
        return (lvk_standard){.mean = {123.68 / 255, 116.779 / 255, 103.939 / 255},
                              .deviation = {1.0 / 255, 1.0 / 255, 1.0 / 255},
                              .bgr = true};
    return (lvk_standard){.mean = {0.485, 0.456, 0.406}, .deviation = {0.229, 0.224, 0.225}};
}

static lvk_status take_tensors(lvk_backbone *b) {
    lvk_resnet_tensor *table = lvk_alloc(LVK_RESNET_MAX_TENSORS, sizeof *table);
    b->tensors = lvk_alloc(LVK_RESNET_MAX_TENSORS, sizeof *b->tensors);
    const size_t count = table && b->tensors ? lvk_resnet_tensors(lvk_weights_table(b->weights), table) : 0;
    lvk_status status = count ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count && status == LVK_OK; ++i) {
        const lvk_safetensor *stored = lvk_safetensors_find(lvk_weights_file(b->weights), table[i].name);
        lvk_named_tensor *tensor = &b->tensors[b->count++];
        *tensor = (lvk_named_tensor){.name = stored->name,
                                     .type = table[i].type,
                                     .data = lvk_alloc(lvk_type_count(&table[i].type), sizeof(float))};
        status = tensor->data ? lvk_weights_copy(b->weights, tensor->name, &tensor->type, tensor->data)
                              : LVK_ERROR_MEMORY;
    }
    lvk_free(table);
    return status;
}

static lvk_status open_weights(lvk_backbone *b, const char *path, const char *architecture) {
    char *found = NULL;
    if (!path || strcmp(path, "auto") == 0)
        LVK_TRY(lvk_weights_default_path(&found));
    else if (!(found = lvk_strdup(path)))
        return LVK_ERROR_MEMORY;
    lvk_status status = lvk_weights_open(found, &b->weights);
    if (status == LVK_OK) {
        const char *own = lvk_weights_table(b->weights)->spec->architecture;
        if (strcmp(own, architecture) != 0)
            status = lvk_fail(LVK_ERROR_FORMAT, "%s: has weights of %s, not of %s", found, own, architecture);
    }
    lvk_free(found);
    return status;
}

lvk_status lvk_backbone_open(const char *path, const char *architecture, lvk_backbone **backbone) {
    *backbone = NULL;
    lvk_backbone *b = lvk_alloc(1, sizeof *b);
    if (!b)
        return LVK_ERROR_MEMORY;
    lvk_status status = open_weights(b, path, architecture);
    if (status == LVK_OK) {
        const lvk_resnet_variant variant = lvk_weights_table(b->weights)->variant;
        b->variant = variant;
        b->standard = lvk_backbone_standard(variant);
        b->digest = lvk_weights_digest(b->weights);
        status = take_tensors(b);
    }
    if (status != LVK_OK)
        lvk_backbone_close(&b);
    *backbone = b;
    return status;
}

void lvk_backbone_close(lvk_backbone **backbone) {
    lvk_backbone *b = *backbone;
    if (!b)
        return;
    for (size_t i = 0; i < b->count; ++i)
        lvk_free(b->tensors[i].data);
    lvk_free(b->tensors);
    lvk_weights_close(&b->weights);
    lvk_free(b);
    *backbone = NULL;
}

void lvk_backbone_end_with(lvk_backbone *backbone, uint32_t stage) {
    const lvk_resnet_table *table = lvk_weights_table(backbone->weights);
    const size_t of_each = backbone->count / table->conv_count;
    while (backbone->count > of_each * lvk_resnet_stage_convs(table, stage))
        lvk_free(backbone->tensors[--backbone->count].data);
}

lvk_status lvk_backbone_load(lvk_network *network, const lvk_safetensors *file, bool partial) {
    float *block = lvk_alloc(network->block_size, 1);
    if (!block)
        return LVK_ERROR_MEMORY;
    lvk_status status = lvk_network_read(network, LVK_BLOCK_PARAMETERS, block);
    if (status == LVK_OK)
        status = lvk_batchnorm_fold_parameters(file, lvk_network_builder(network), partial, block);
    if (status == LVK_OK)
        status = lvk_network_write(network, LVK_BLOCK_PARAMETERS, block);
    lvk_free(block);
    return status;
}
