/* An HDF5 file in memory, read with distrust: only hard links are followed, and only tensors of floats are
 * read whose bytes lie in the file itself, in one piece. Nothing of HDF5's own is printed, and no file is
 * opened. Paths are those of objects from the root, "model_weights/conv1/conv1/kernel:0". */
#ifndef LVK_FORMATS_H5_FILE_H
#define LVK_FORMATS_H5_FILE_H

#include "core/memory.h"
#include "formats/safetensors.h"

#include <stdbool.h>

/* Bounds of what is read: bytes of a file and of a tensor, strings of an attribute. */
#define LVK_H5_MAX_FILE   ((size_t)1 << 30)
#define LVK_H5_MAX_TENSOR ((uint64_t)1 << 30)
enum { LVK_H5_MAX_STRINGS = 10000 };

typedef struct lvk_h5_file lvk_h5_file;

/* Opens `size` bytes, at most LVK_H5_MAX_FILE, which are copied. `name` is for errors, and must outlive the
 * file. Turns the process' messages of HDF5 off. */
LVK_MUST_USE lvk_status lvk_h5_open(const char *name, const void *bytes, size_t size, lvk_h5_file **file);
void lvk_h5_close(lvk_h5_file **file);

/* Whether there is a group that hard links lead to. "" is the root. */
bool lvk_h5_has_group(const lvk_h5_file *file, const char *path);

/* How many members a group has. */
LVK_MUST_USE lvk_status lvk_h5_members(const lvk_h5_file *file, const char *path, size_t *count);

/* The strings of a group's attribute, of fixed or variable length, into `arena`; an attribute of no elements
 * has none, whatever its type. LVK_ERROR_FORMAT: it is not there, or a string is empty, unprintable or longer
 * than LVK_SAFETENSORS_MAX_NAME. */
LVK_MUST_USE lvk_status lvk_h5_strings(const lvk_h5_file *file, const char *path, const char *attribute,
                                       lvk_arena *arena, const char ***strings, size_t *count);
bool lvk_h5_has_attribute(const lvk_h5_file *file, const char *path, const char *attribute);

/* Shape and size as F32 of a dataset of 16-, 32- or 64-bit IEEE floats of either byte order; name and data
 * are left alone. */
LVK_MUST_USE lvk_status lvk_h5_describe(const lvk_h5_file *file, const char *path, lvk_safetensor *tensor);

/* The elements of a dataset that was described, converted to float. */
LVK_MUST_USE lvk_status lvk_h5_read(const lvk_h5_file *file, const char *path, const lvk_safetensor *tensor,
                                    float *destination);

#endif
