/* The weights of a Keras model: of an .h5 file, or of a .keras archive. Damaged files can crash the libraries
 * that read them (HDF5, libzip). Therefore a program of its own reads them (src/reader), and its answer is
 * checked. */
#ifndef LVK_FORMATS_KERAS_MODEL_H
#define LVK_FORMATS_KERAS_MODEL_H

#include "formats/safetensors.h"

/* The model that was read. Initialized with {0}; the caller finishes it, after a failure too. */
typedef struct lvk_keras_model {
    lvk_safetensor *tensors; /* all F32, named "layer/role" ("conv1/kernel"); in the order of the layers */
    size_t count;
    struct lvk_reader_tensor *described; /* owns the names */
    float *values;                       /* owns the data */
} lvk_keras_model;

/* Reads the weights. `bytes` are those of the file at `path`. The error line names the file and, if one is at
 * fault, the layer or tensor. */
LVK_MUST_USE lvk_status lvk_keras_h5_read(const char *path, const void *bytes, size_t size,
                                          lvk_keras_model *model);
LVK_MUST_USE lvk_status lvk_keras_zip_read(const char *path, const void *bytes, size_t size,
                                           lvk_keras_model *model);

void lvk_keras_finish(lvk_keras_model *model);

#endif
