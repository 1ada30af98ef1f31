/* Import of a residual network's weights that another program trained, into a file that leukvk reads.
 *
 * These files are read:
 *  - TensorFlow.js layers models (model.json and the files beside it that model.json names), Keras' .h5 files
 *    of weights or whole models, and Keras' .keras files. Layers have the names of Keras' first ResNet50
 *    ("res2a_branch2a") or those of keras.applications since 2019 ("conv2_block1_1_conv"). Floats of 16 and
 *    64 bits, which .h5 and .keras files may have, are converted to 32 bits.
 *  - safetensors files. Tensors have the names of torchvision and timm ("layer1.0.conv1.weight") or one of
 *    Keras' two sets of names, the first of which leukvk writes itself.
 * The file that is written is safetensors: kernels of convolutions are [height, width, in, out], of dense
 * layers [in, out], and the metadata tells the variant of the network and the preprocessing of its images. */
#ifndef LEUKVK_IMPORT_H
#define LEUKVK_IMPORT_H

#include "leukvk/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Weights that were read, converted and checked. Constant: any number of threads may use them. */
typedef struct lvk_import lvk_import;

typedef struct lvk_import_info {
    const char *form;         /* of the input: "TensorFlow.js layers model", "Keras weights (.h5)" */
    const char *architecture; /* "resnet50" */
    /* The variant: where bottleneck blocks stride, whether convolutions have biases, the epsilon of batch
     * norms.
     *   "keras"        the first 1×1   biases      1e-3
     *   "torchvision"  the 3×3         no biases   1e-5
     *   "keras-2019"   the first 1×1   biases      1.001e-5 */
    const char *variant;
    /* "caffe": channels B, G, R of 0 to 255, less their mean. "imagenet": channels R, G, B of 0 to 1, less
     * their mean, divided by their deviation. */
    const char *preprocessing;
    bool classifier; /* the classifier of ImageNet's 1000 classes is there */
    size_t tensors;
    uint64_t numbers; /* elements of all tensors, moving means and variances included */
    char digest[33];  /* of the tensors' bytes: XXH3-128 */
} lvk_import_info;

/* Reads the weights at `path`: a file, or a folder with a model.json. The caller closes them. A file of Keras
 * is read by a program that this function starts from memory, since the HDF5 library may crash on a damaged
 * file: safe among threads; it needs /proc, and the libraries HDF5 and libzip.
 *
 * Every tensor of the network must be there, with the right shape and 32-bit floats, all finite; only the
 * classifier may be missing. Any other tensor is an error, except torchvision's num_batches_tracked and the
 * head of a model that leukvk exported, which are passed over. An exported model whose pixels are normalized
 * otherwise than its variant's is refused (LVK_ERROR_UNSUPPORTED). The error line names the file and, where
 * one is at fault, the tensor: LVK_ERROR_IO, _FORMAT, _NUMERIC, _LIMIT, _UNSUPPORTED, _MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_import_open(const char *path, lvk_import **import);
LVK_API void lvk_import_close(lvk_import **import);

/* What was read. The struct is valid until the weights are closed; its texts are static. */
LVK_API const lvk_import_info *lvk_import_about(const lvk_import *import);

/* Writes the file at `path`, whole or not at all. The same weights, read from a file of the same name, give
 * the same bytes. LVK_ERROR_IO, LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_import_write(const lvk_import *import, const char *path);

#ifdef __cplusplus
}
#endif
#endif
