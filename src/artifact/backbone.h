/* A pretrained backbone: weights from which a training starts, or on whose features a head is trained. */
#ifndef LVK_ARTIFACT_BACKBONE_H
#define LVK_ARTIFACT_BACKBONE_H

#include "artifact/checkpoint.h"
#include "formats/weights.h"
#include "runtime/network.h"

typedef struct lvk_backbone {
    lvk_weights *weights;
    lvk_resnet_variant variant;
    lvk_standard standard;     /* the normalization of pixels with which the weights were trained */
    const char *digest;        /* digest of the weights */
    lvk_named_tensor *tensors; /* [count] all but the classifier of ImageNet's classes */
    size_t count;
} lvk_backbone;

/* The normalization of pixels with which published weights of the variant were trained. */
lvk_standard lvk_backbone_standard(lvk_resnet_variant variant);

/* Opens a file that leukvk import has written for `architecture`; NULL or "auto" stands for the file in the
 * user's cache folder. */
LVK_MUST_USE lvk_status lvk_backbone_open(const char *path, const char *architecture,
                                          lvk_backbone **backbone);
void lvk_backbone_close(lvk_backbone **backbone);

/* Drops the tensors behind a stage with which the backbone is to end (models/resnet_table.h). */
void lvk_backbone_end_with(lvk_backbone *backbone, uint32_t stage);

/* Writes the tensors of a file of weights or of a model into the network's parameters. If the network has its
 * batch norms folded into the convolutions, they are folded here. If `partial`, parameters that the file does
 * not have, such as those of the head, stay as they are; otherwise a missing parameter is a failure. */
LVK_MUST_USE lvk_status lvk_backbone_load(lvk_network *network, const lvk_safetensors *file, bool partial);

#endif
