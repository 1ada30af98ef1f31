/* The pretrained backbone that a model starts from or stands on. */
#ifndef LVK_ARTIFACT_BACKBONE_H
#define LVK_ARTIFACT_BACKBONE_H

#include "artifact/checkpoint.h"
#include "formats/weights.h"
#include "runtime/network.h"

typedef struct lvk_backbone {
    lvk_weights *weights;
    lvk_resnet_variant variant;
    lvk_standard standard;     /* how pixels become the input that the weights were trained with */
    const char *digest;        /* of the weights */
    lvk_named_tensor *tensors; /* [count] all but the classifier of ImageNet's classes */
    size_t count;
} lvk_backbone;

/* How pixels become the input that published weights of the variant were trained with. */
lvk_standard lvk_backbone_standard(lvk_resnet_variant variant);

/* Opens a file of leukvk import for `architecture`; NULL or "auto": the one in the user's cache folder. */
LVK_MUST_USE lvk_status lvk_backbone_open(const char *path, const char *architecture,
                                          lvk_backbone **backbone);
void lvk_backbone_close(lvk_backbone **backbone);

/* Puts the tensors of a weights or model file into the network's parameters, with the norms folded in where
 * the network has them folded. `partial`: parameters that the file does not have, those of the head, stay as
 * they are; otherwise they are missed. */
LVK_MUST_USE lvk_status lvk_backbone_load(lvk_network *network, const lvk_safetensors *file, bool partial);

#endif
