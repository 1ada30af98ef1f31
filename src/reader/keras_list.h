/* The tensors that a Keras file's layers have, in the order of the layers, found before any of them is
 * read. */
#ifndef LVK_READER_KERAS_LIST_H
#define LVK_READER_KERAS_LIST_H

#include "reader/h5_file.h"

/* The most weights of a layer. */
enum { LVK_KERAS_MAX_LAYER = 4 };

/* Initialized with {0}. The arena is for everything else that is read from the file. */
typedef struct lvk_keras_list {
    lvk_arena arena;
    lvk_reader_tensor *tensors; /* named "layer/role" ("conv1/kernel") */
    const char **paths;         /* the paths of the tensors in the file */
    size_t count, tensor_capacity, path_capacity;
    uint64_t size; /* bytes of all tensors */
} lvk_keras_list;

void lvk_keras_list_finish(lvk_keras_list *list);

/* The roles of a layer's weights, in Keras' order, by their number: "kernel" and "bias", or those of a batch
 * normalization. NULL if no layer has so many weights. */
const char *const *lvk_keras_roles(size_t count);

/* Appends the tensor at `path` as `layer`/`role`. */
LVK_MUST_USE lvk_status lvk_keras_add(lvk_keras_list *list, const lvk_h5_file *file, const char *layer,
                                      const char *role, const char *path);

/* Who takes a file's tensors, which lvk_h5_read reads. */
typedef struct lvk_keras_taker {
    lvk_status (*take)(void *user, const lvk_h5_file *file, const lvk_keras_list *list);
    void *user;
} lvk_keras_taker;

/* Adds all tensors of a file. */
typedef lvk_status (*lvk_keras_collect)(void *user, const lvk_h5_file *file, lvk_keras_list *list);

/* Opens an HDF5 file of `size` bytes, has its tensors collected, and gives them to `taker`. `name` is for
 * error lines. */
LVK_MUST_USE lvk_status lvk_keras_list_read(const char *name, const void *bytes, size_t size,
                                            lvk_keras_collect collect, void *user,
                                            const lvk_keras_taker *taker);

#endif
