/* How other libraries name and lay out the tensors of a network. */
#ifndef LVK_FORMATS_NAMING_H
#define LVK_FORMATS_NAMING_H

#include "models/head.h"
#include "models/resnet_table.h"

enum { LVK_INTEROP_NAME = 64 };

/* What a tensor is called in torchvision's and timm's files ("layer1.0.conv1.weight"), and its type there:
 * kernels OIHW, the classifier's [out, in]. Convolutions have biases there as well ("conv1.bias") where the
 * variant has them. */
void lvk_naming_torchvision(const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                            char name[LVK_INTEROP_NAME], lvk_type *type);

/* What a tensor is called in Keras, where its type is the same: by the variant "res2a_branch2a/kernel" or, of
 * LVK_RESNET_KERAS_2019, "conv2_block1_1_conv/kernel", "conv2_block1_0_bn/gamma" of the projection's norm and
 * "predictions/kernel" of the classifier. */
void lvk_naming_keras(const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                      char name[LVK_INTEROP_NAME]);

/* What a head's tensor, "dense/kernel", is called where the head takes the place of torchvision's classifier:
 * "fc.0.weight", fc being nn.Sequential of the head's layers with a ReLU behind all dense ones but the last.
 * False: the head has no such tensor. */
bool lvk_naming_head(const lvk_head *head, const char *own, char name[LVK_INTEROP_NAME]);

/* What tensors of a plain chain of layers are called: "conv2d_1/kernel" becomes "conv2.weight", "dense/bias"
 * "fc1.bias". False: neither of a convolution nor of a dense layer. */
bool lvk_naming_plain(const char *own, char name[LVK_INTEROP_NAME]);

/* Whether the name, leukvk's own or lvk_naming_head's, is of a tensor of a head. */
bool lvk_naming_is_head(const char *name);

/* Whether torchvision's files have this tensor and it is of no use here: the counters
 * "...num_batches_tracked". */
bool lvk_naming_ignored(const char *name);

/* [out, in, height, width] at `source`, aligned or not, to [height, width, in, out]; `type` is the latter's,
 * of rank 4, or of rank 2 for [out, in] to [in, out]. */
void lvk_naming_transpose(const void *source, const lvk_type *type, float *destination);

#endif
