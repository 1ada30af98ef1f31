/* Pretrained weights of a residual network, in a file that `leukvk import` wrote. It is a safetensors file
 * whose tensors have the names and shapes of models/resnet_table.h, with this metadata:
 *   format          "leukvk-weights"
 *   architecture    a row of the table, "resnet50"
 *   variant         "keras", "torchvision" or "keras-2019"
 *   preprocessing   "caffe" or "imagenet", the variant's
 *   source          name of the file that they were imported from
 *   digest          lvk_digest over the tensors' bytes in the order of the table, the classifier last
 *   classes         "imagenet", if the file has the classifier */
#ifndef LVK_FORMATS_WEIGHTS_H
#define LVK_FORMATS_WEIGHTS_H

#include "formats/safetensors.h"
#include "models/resnet_table.h"

#define LVK_WEIGHTS_FORMAT  "leukvk-weights"
#define LVK_WEIGHTS_CLASSES "imagenet"

/* A file that was read. It does not change, so that any number of threads may use it, and owns all that its
 * functions return. */
typedef struct lvk_weights lvk_weights;

/* Reads and checks a whole file: the metadata; that the tensors are those of the architecture and no others;
 * their shapes; that every number is finite and no variance negative; the digest. The error line names the
 * file and, if one is at fault, the tensor. */
LVK_MUST_USE lvk_status lvk_weights_open(const char *path, lvk_weights **weights);
void lvk_weights_close(lvk_weights **weights);

const char *lvk_weights_path(const lvk_weights *weights);
const lvk_resnet_table *lvk_weights_table(const lvk_weights *weights); /* architecture and variant */
const char *lvk_weights_digest(const lvk_weights *weights);            /* 32 hexadecimal digits */
bool lvk_weights_have_classifier(const lvk_weights *weights);          /* fc1000/kernel and fc1000/bias */

/* The file's tensors. */
const lvk_safetensors *lvk_weights_file(const lvk_weights *weights);

/* Copies the elements of a tensor such as "res2a_branch2a/kernel" to `destination`. LVK_ERROR_FORMAT: there
 * is none of that name and type. */
LVK_MUST_USE lvk_status lvk_weights_copy(const lvk_weights *weights, const char *name, const lvk_type *type,
                                         float *destination);

/* The path of the weights that are used if the user names none: resnet50-imagenet.safetensors in the user's
 * cache folder, which leukvk-fetch-weights writes. The caller frees *path with lvk_free. LVK_ERROR_IO, with *path NULL:
 * there is no such file; the error line says how to get it. */
LVK_MUST_USE lvk_status lvk_weights_default_path(char **path);

/* Checks a tensor of weights: it must have the type `type`, every element must be finite, and no variance
 * negative. `file` is for error lines. */
LVK_MUST_USE lvk_status lvk_weights_check_tensor(const char *file, const lvk_safetensor *tensor,
                                                 lvk_resnet_role role, const lvk_type *type);

#endif
