/* Weights of residual networks that were learnt elsewhere, made into a file that leukvk reads.
 *
 * Read are
 *   - TensorFlow.js layers models (model.json and the files that it names beside it), Keras' .h5 files of
 *     weights or whole models, and Keras' .keras files, all with the layer names of Keras' first ResNet50
 *     ("res2a_branch2a") or of keras.applications since 2019 ("conv2_block1_1_conv"); in the latter two,
 *     floats of 16 and 64 bits become such of 32;
 *   - safetensors files with the names of torchvision and timm ("layer1.0.conv1.weight"), or with either of
 *     Keras', of which the first are leukvk's own.
 * Written is a safetensors file: kernels as [height, width, in, out], dense ones as [in, out], and metadata
 * that tells the variant of the network and what its images must be preprocessed by.
 */
#ifndef LEUKVK_IMPORT_H
#define LEUKVK_IMPORT_H

#include "leukvk/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Weights that were read, converted and checked. Immutable. */
typedef struct lvk_import lvk_import;

typedef struct lvk_import_info {
    const char *form;         /* of the input: "TensorFlow.js layers model", "Keras weights (.h5)" */
    const char *architecture; /* "resnet50" */
    const char *variant; /* "keras": bottleneck blocks stride in the first 1×1, convolutions have biases,
                          * batch norm epsilon 1e-3. "torchvision": stride in the 3×3, no biases, 1e-5.
                          * "keras-2019": as "keras", 1.001e-5 */
    const char *preprocessing; /* "caffe": channels B, G, R of 0..255 less their mean. "imagenet": R, G, B of
                                * 0..1 less their mean, divided by their deviation */
    bool classifier;           /* of ImageNet's 1000 classes */
    size_t tensors;
    uint64_t numbers; /* in all tensors, moving means and variances included */
    char digest[33];  /* of the tensors' bytes: XXH3-128 */
} lvk_import_info;

/* Reads `path`: a file, or a folder with a model.json. Keras' files are read in a process of its own (fork),
 * since damaged ones crash the library of HDF5. Every tensor of the network must be there (the classifier may
 * be missing), of the right shape and 32-bit floats, finite, and no other; torchvision's num_batches_tracked
 * and the head of a model that leukvk exported are passed over. Such a model is refused
 * (LVK_ERROR_UNSUPPORTED) where its pixels are normalized by other figures than its variant's. Closed by the
 * caller. Errors are one line that names the file and, where one is to blame, the tensor: LVK_ERROR_IO,
 * _FORMAT, _NUMERIC, _LIMIT, _UNSUPPORTED, _MEMORY. */
LVK_MUST_USE lvk_status lvk_import_open(const char *path, lvk_import **import);
void lvk_import_close(lvk_import **import);

/* What was read. The texts are static. */
const lvk_import_info *lvk_import_about(const lvk_import *import);

/* Writes the file, whole or not at all; the same weights from a file of the same name give the same bytes. */
LVK_MUST_USE lvk_status lvk_import_write(const lvk_import *import, const char *path);

#ifdef __cplusplus
}
#endif
#endif
