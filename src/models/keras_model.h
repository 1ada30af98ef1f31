/* The weights of a Keras model that are collected from an HDF5 file. */
#ifndef LVK_MODELS_KERAS_MODEL_H
#define LVK_MODELS_KERAS_MODEL_H

#include "models/h5_file.h"

/* Bounds of what is read: bytes of all tensors as floats, tensors, weights of a layer. */
#define LVK_KERAS_MAX_DATA ((uint64_t)1 << 30)
enum { LVK_KERAS_MAX_TENSORS = 10000, LVK_KERAS_MAX_LAYER = 4 };

/* What was read; start with {0}. Owns names and data; to be finished, after a failure too. */
typedef struct lvk_keras_model {
    lvk_arena arena;
    float *data;
    uint64_t size;           /* bytes of all tensors */
    lvk_safetensor *tensors; /* all F32, named "layer/role" ("conv1/kernel"); in the order of the layers */
    const char **paths;      /* in the HDF5 file */
    size_t count, tensor_capacity, path_capacity;
} lvk_keras_model;

/* What the weights of a layer are, "kernel" and "bias" or those of a batch normalization, in Keras' order, by
 * their number; NULL when there is no layer of that many. */
const char *const *lvk_keras_roles(size_t count);

/* Appends the tensor at `path` as `layer`/`role`; its data comes later. */
LVK_MUST_USE lvk_status lvk_keras_add(lvk_keras_model *model, const lvk_h5_file *file, const char *layer,
                                      const char *role, const char *path);

/* Reads the data of all tensors. */
LVK_MUST_USE lvk_status lvk_keras_load(lvk_keras_model *model, const lvk_h5_file *file, const char *name);

void lvk_keras_finish(lvk_keras_model *model);

#endif
