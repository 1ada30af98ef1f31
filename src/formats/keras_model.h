/* The weights of a Keras model, collected from an HDF5 file. HDF5 is a library in C that damaged files crash,
 * so the file is read by a process of its own, and what that gives is checked. */
#ifndef LVK_FORMATS_KERAS_MODEL_H
#define LVK_FORMATS_KERAS_MODEL_H

#include "formats/h5_file.h"

/* Bounds of what is read: tensors, weights of a layer. All tensors together may have twice the file's bytes:
 * halves become floats. */
enum { LVK_KERAS_MAX_TENSORS = 4000, LVK_KERAS_MAX_LAYER = 4 };

/* What was read; start with {0}. To be finished, after a failure too. */
typedef struct lvk_keras_model {
    lvk_safetensor *tensors; /* all F32, named "layer/role" ("conv1/kernel"); in the order of the layers */
    size_t count;
    struct lvk_keras_shared *shared; /* names and data */
    size_t shared_size;
} lvk_keras_model;

/* The tensors that a file's layers have. Start with {0}; the arena is for what else is read of the file. */
typedef struct lvk_keras_list {
    lvk_arena arena;
    lvk_safetensor *tensors; /* without data */
    const char **paths;      /* in the file */
    size_t count, tensor_capacity, path_capacity;
    uint64_t size; /* bytes of all */
} lvk_keras_list;

/* What the weights of a layer are, "kernel" and "bias" or those of a batch normalization, in Keras' order, by
 * their number; NULL when there is no layer of that many. */
const char *const *lvk_keras_roles(size_t count);

/* Appends the tensor at `path` as `layer`/`role`. */
LVK_MUST_USE lvk_status lvk_keras_add(lvk_keras_list *list, const lvk_h5_file *file, const char *layer,
                                      const char *role, const char *path);

/* Adds all tensors of a file; runs in the reading process, and changes nothing that it is to keep. */
typedef lvk_status (*lvk_keras_collect)(void *user, const lvk_h5_file *file, lvk_keras_list *list);

/* Reads the tensors of an HDF5 file of `size` bytes. `name` is for errors. */
LVK_MUST_USE lvk_status lvk_keras_read(const char *name, const void *bytes, size_t size,
                                       lvk_keras_collect collect, void *user, lvk_keras_model *model);

void lvk_keras_finish(lvk_keras_model *model);

#endif
