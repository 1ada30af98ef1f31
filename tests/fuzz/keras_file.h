/* Keras files that are drawn from an input: HDF5 that is whole, since libhdf5 has written it, around groups, attributes and
 * tensors that the input names; and the zip archive around it. */
#ifndef LEUKVK_TESTS_FUZZ_KERAS_FILE_H
#define LEUKVK_TESTS_FUZZ_KERAS_FILE_H

#include "support.h"

/* The bytes of a file, which the caller frees with lvk_free. The lines:
 *   d PATH TYPE DIMS        a tensor: TYPE one of f16, f32, f64, be, i32, DIMS such as 3,4
 *   g PATH                  a group
 *   s PATH NAME A,B,...     an attribute of texts of fixed length, of a group;   v likewise, of variable length
 *   c TEXT                  a line of config.json, of an archive only */
void *fuzz_keras_file(fuzz_input lines, bool archive, size_t *size);

#endif
