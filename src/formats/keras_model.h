/* The weights of a Keras model, read from an HDF5 file. Damaged files can crash the HDF5 library. Therefore a
 * process of its own reads the file, and its results are checked. */
#ifndef LVK_FORMATS_KERAS_MODEL_H
#define LVK_FORMATS_KERAS_MODEL_H

#include "formats/h5_file.h"

/* The most that is read: tensors, weights of a layer. All tensors together may take twice the file's bytes,
 * since floats of 16 bits become floats of 32. */
enum { LVK_KERAS_MAX_TENSORS = 4000, LVK_KERAS_MAX_LAYER = 4 };

/* The model that was read. Initialized with {0}; the caller finishes it, after a failure too. */
typedef struct lvk_keras_model {
    lvk_safetensor *tensors; /* all F32, named "layer/role" ("conv1/kernel"); in the order of the layers */
    size_t count;
    struct lvk_keras_shared *shared; /* owns names and data */
    size_t shared_size;
} lvk_keras_model;

/* The tensors of a file's layers. Initialized with {0}. The arena is for everything else that is read from
 * the file. */
typedef struct lvk_keras_list {
    lvk_arena arena;
    lvk_safetensor *tensors; /* without data */
    const char **paths;      /* the paths of the tensors in the file */
    size_t count, tensor_capacity, path_capacity;
    uint64_t size; /* bytes of all tensors */
} lvk_keras_list;

/* The roles of a layer's weights, in Keras' order, by their number: "kernel" and "bias", or those of a batch
 * normalization. NULL if no layer has so many weights. */
const char *const *lvk_keras_roles(size_t count);

/* Appends the tensor at `path` as `layer`/`role`. */
LVK_MUST_USE lvk_status lvk_keras_add(lvk_keras_list *list, const lvk_h5_file *file, const char *layer,
                                      const char *role, const char *path);

/* Adds all tensors of a file. It runs in the reading process, so that its changes to other memory are
 * lost. */
typedef lvk_status (*lvk_keras_collect)(void *user, const lvk_h5_file *file, lvk_keras_list *list);

/* Reads the tensors of an HDF5 file of `size` bytes. `name` is for error lines. */
LVK_MUST_USE lvk_status lvk_keras_read(const char *name, const void *bytes, size_t size,
                                       lvk_keras_collect collect, void *user, lvk_keras_model *model);

void lvk_keras_finish(lvk_keras_model *model);

#endif
