/* Reading the weights of Keras' .keras files: a zip archive with config.json, which lists the layers, and
 * model.weights.h5, which has a group for each in "layers" (Keras 3) or "_layer_checkpoint_dependencies"
 * (TensorFlow 2.12 to 2.15), and the layer's weights in "vars", named "0", "1", ... A group is named by the
 * layer's class and a number (conv2d, conv2d_1, ..., in the order of config.json), or by the layer. The file
 * is untrusted. */
#ifndef LVK_READER_KERAS_ZIP_H
#define LVK_READER_KERAS_ZIP_H

#include "reader/keras_list.h"

/* The most that is read: bytes of config.json, layers. */
#define LVK_KERAS_MAX_CONFIG ((size_t)2 << 20)
enum { LVK_KERAS_MAX_LAYERS = 10000 };

/* Gives the weights to `taker`. `bytes` are those of the file at `path`. The error line names the file and,
 * if one is at fault, the layer or tensor. */
LVK_MUST_USE lvk_status lvk_keras_zip_list(const char *path, const void *bytes, size_t size,
                                           const lvk_keras_taker *taker);

#endif
