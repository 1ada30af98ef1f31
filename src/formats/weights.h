/* Pretrained weights of a residual network, in a file that `leukvk import` wrote: safetensors whose tensors
 * have the names and shapes of models/resnet_table.h, and whose metadata says what they are:
 *   format          "leukvk-weights"
 *   architecture    a row of the table, "resnet50"
 *   variant         "keras", "torchvision" or "keras-2019"
 *   preprocessing   "caffe" or "imagenet", the variant's
 *   source          name of the file that they were imported from
 *   digest          lvk_digest over the tensors' bytes in the order of the table, the classifier last
 *   classes         "imagenet" where the classifier is there */
#ifndef LVK_FORMATS_WEIGHTS_H
#define LVK_FORMATS_WEIGHTS_H

#include "formats/safetensors.h"
#include "models/resnet_table.h"

#define LVK_WEIGHTS_FORMAT  "leukvk-weights"
#define LVK_WEIGHTS_CLASSES "imagenet"

/* A file that was read: immutable, so any number of threads may use it. Owns all that it gives out. */
typedef struct lvk_weights lvk_weights;

/* Reads and checks all of it: metadata, that the tensors are those of the architecture and no others, their
 * shapes, that every number is finite and no variance negative, the digest. Errors are one line with the
 * file's name and, where one is to blame, the tensor. */
LVK_MUST_USE lvk_status lvk_weights_open(const char *path, lvk_weights **weights);
void lvk_weights_close(lvk_weights **weights);

const char *lvk_weights_path(const lvk_weights *weights);
const lvk_resnet_table *lvk_weights_table(const lvk_weights *weights); /* architecture and variant */
const char *lvk_weights_digest(const lvk_weights *weights);            /* 32 hexadecimal digits */
bool lvk_weights_have_classifier(const lvk_weights *weights);          /* fc1000/kernel and fc1000/bias */

/* The file's tensors. */
const lvk_safetensors *lvk_weights_file(const lvk_weights *weights);

/* Copies the elements of a tensor such as "res2a_branch2a/kernel". LVK_ERROR_FORMAT when there is none of
 * that name and type. */
LVK_MUST_USE lvk_status lvk_weights_copy(const lvk_weights *weights, const char *name, const lvk_type *type,
                                         float *destination);

/* Where weights are looked for when none are named, and leukvk-fetch-weights puts them:
 * resnet50-imagenet.safetensors in the user's cache folder. Freed with lvk_free. NULL, and an error line that
 * says how to get it, when there is no such file. */
char *lvk_weights_default_path(void);

/* What holds for any tensor of weights: `type`, finite, no variance negative. `file` is for errors. */
LVK_MUST_USE lvk_status lvk_weights_check_tensor(const char *file, const lvk_safetensor *tensor,
                                                 lvk_resnet_role role, const lvk_type *type);

#endif
