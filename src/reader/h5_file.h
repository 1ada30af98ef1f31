/* Reading of an untrusted HDF5 file in memory. Only hard links are followed. Only tensors of floats are read,
 * and only if their bytes lie in the file itself, in one piece. HDF5 prints no messages and opens no other
 * file. Paths lead from the root to an object, such as "model_weights/conv1/conv1/kernel:0". */
#ifndef LVK_READER_H5_FILE_H
#define LVK_READER_H5_FILE_H

#include "core/error.h"
#include "core/memory.h"
#include "reader/protocol.h"

#include <stdbool.h>

/* The most that is read: bytes of a tensor, strings of an attribute. */
#define LVK_H5_MAX_TENSOR ((uint64_t)1 << 30)
enum { LVK_H5_MAX_STRINGS = 10000 };

typedef struct lvk_h5_file lvk_h5_file;

/* Opens a file of `size` bytes, at most LVK_READER_MAX_HDF5, which are copied. `name` is for error lines, and
 * must outlive the file. Turns off the messages of HDF5 in this process. */
LVK_MUST_USE lvk_status lvk_h5_open(const char *name, const void *bytes, size_t size, lvk_h5_file **file);
void lvk_h5_close(lvk_h5_file **file);

/* The name of the file for error lines. */
const char *lvk_h5_name(const lvk_h5_file *file);

/* Sets *has to whether hard links lead to a group at `path`; "" is the root. Fails where that cannot be told, as where memory is out or
 * the file is damaged. */
LVK_MUST_USE lvk_status lvk_h5_has_group(const lvk_h5_file *file, const char *path, bool *has);

/* Sets `count` to the number of members of a group. */
LVK_MUST_USE lvk_status lvk_h5_members(const lvk_h5_file *file, const char *path, size_t *count);

/* Reads the strings of a group's attribute, of fixed or variable length, into `arena`. An attribute without
 * elements has no strings, whatever its type. LVK_ERROR_FORMAT: there is no such attribute, or a string is
 * empty, unprintable or longer than LVK_READER_MAX_NAME. */
LVK_MUST_USE lvk_status lvk_h5_strings(const lvk_h5_file *file, const char *path, const char *attribute,
                                       lvk_arena *arena, const char ***strings, size_t *count);

/* Sets *has to whether a group has an attribute. Fails as lvk_h5_has_group does, or if there is no such group. */
LVK_MUST_USE lvk_status lvk_h5_has_attribute(const lvk_h5_file *file, const char *path, const char *attribute,
                                             bool *has);

/* Sets shape and size of `tensor`, as floats of 32 bits, from a dataset of 16-, 32- or 64-bit IEEE floats in
 * either byte order. The name is not changed. */
LVK_MUST_USE lvk_status lvk_h5_describe(const lvk_h5_file *file, const char *path, lvk_reader_tensor *tensor);

/* Reads the elements of a dataset, which `tensor` describes, and converts them to float. */
LVK_MUST_USE lvk_status lvk_h5_read(const lvk_h5_file *file, const char *path,
                                    const lvk_reader_tensor *tensor, float *destination);

#endif
