/* The names and layouts that other libraries give to the tensors of a network. */
#ifndef LVK_FORMATS_NAMING_H
#define LVK_FORMATS_NAMING_H

#include "models/head.h"
#include "models/resnet_table.h"

enum { LVK_INTEROP_NAME = 64 };

/* Sets `name` and `type` to those of a tensor in torchvision's and timm's files, such as
 * "layer1.0.conv1.weight": kernels are OIHW, that of the classifier [out, in]. Convolutions have biases
 * ("conv1.bias") where the variant has them. */
void lvk_naming_torchvision(const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                            char name[LVK_INTEROP_NAME], lvk_type *type);

/* Sets `name` to that of a tensor in Keras, where its type is the same. By the variant it is
 * "res2a_branch2a/kernel", or, for LVK_RESNET_KERAS_2019, "conv2_block1_1_conv/kernel",
 * "conv2_block1_0_bn/gamma" for the projection's norm, and "predictions/kernel" for the classifier. */
void lvk_naming_keras(const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                      char name[LVK_INTEROP_NAME]);

/* Sets `name` to that of a head's tensor, such as "dense/kernel", where the head replaces torchvision's
 * classifier: "fc.0.weight". There, fc is an nn.Sequential of the head's layers, with a ReLU after every
 * dense layer but the last. False if the head has no such tensor. */
bool lvk_naming_head(const lvk_head *head, const char *own, char name[LVK_INTEROP_NAME]);

/* Sets `name` to that of a tensor in a network without branches: "conv2d_1/kernel" becomes "conv2.weight",
 * "dense/bias" becomes "fc1.bias". False if the tensor belongs neither to a convolution nor to a dense
 * layer. */
bool lvk_naming_plain(const char *own, char name[LVK_INTEROP_NAME]);

/* Whether the name, one of leukvk or of lvk_naming_head, is that of a head's tensor. */
bool lvk_naming_is_head(const char *name);

/* Whether the tensor is one of torchvision's counters "...num_batches_tracked", which are not used here. */
bool lvk_naming_ignored(const char *name);

/* Copies [out, in, height, width] at `source`, which need not be aligned, to [height, width, in, out] at
 * `destination`. `type` is that of the destination, of rank 4; with rank 2, [out, in] is copied to [in,
 * out]. */
void lvk_naming_transpose(const void *source, const lvk_type *type, float *destination);

#endif
