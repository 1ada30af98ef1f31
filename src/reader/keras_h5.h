/* Reading the weights of Keras' .h5 files: attribute layer_names at the root (files of weights, such as
 * resnet50_weights_tf_dim_ordering_tf_kernels.h5) or at model_weights (whole models), a group for each layer,
 * and its attribute weight_names, which lists the datasets below that group. The file is untrusted. */
#ifndef LVK_READER_KERAS_H5_H
#define LVK_READER_KERAS_H5_H

#include "reader/keras_list.h"

/* Gives the weights to `taker`. `bytes` are those of the file at `path`. The error line names the file and,
 * if one is at fault, the layer or tensor. */
LVK_MUST_USE lvk_status lvk_keras_h5_list(const char *path, const void *bytes, size_t size,
                                          const lvk_keras_taker *taker);

#endif
