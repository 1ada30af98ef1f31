/* Files of named tensors in the safetensors format (huggingface.co/docs/safetensors): a 64-bit little-endian
 * length, a JSON header, the tensors' bytes. A file is untrusted: everything is checked before anything is
 * used. */
#ifndef LVK_FORMATS_SAFETENSORS_H
#define LVK_FORMATS_SAFETENSORS_H

#include "backend/type.h"
#include "core/error.h"
#include "core/string_map.h"

#include <stddef.h>
#include <stdint.h>

/* The most that is read: bytes of a file, bytes of its header (the format's own limit), tensors, rank, bytes
 * of a name. */
#define LVK_SAFETENSORS_MAX_FILE   ((uint64_t)4 << 30)
#define LVK_SAFETENSORS_MAX_HEADER ((uint64_t)100000000)
enum { LVK_SAFETENSORS_MAX_COUNT = 100000, LVK_SAFETENSORS_MAX_RANK = 8, LVK_SAFETENSORS_MAX_NAME = 512 };

typedef enum lvk_element {
    LVK_ELEMENT_BOOL,
    LVK_ELEMENT_U8,
    LVK_ELEMENT_I8,
    LVK_ELEMENT_F8_E5M2,
    LVK_ELEMENT_F8_E4M3,
    LVK_ELEMENT_I16,
    LVK_ELEMENT_U16,
    LVK_ELEMENT_F16,
    LVK_ELEMENT_BF16,
    LVK_ELEMENT_I32,
    LVK_ELEMENT_U32,
    LVK_ELEMENT_F32,
    LVK_ELEMENT_I64,
    LVK_ELEMENT_U64,
    LVK_ELEMENT_F64,
    LVK_ELEMENT_COUNT
} lvk_element;

/* The format's name of an element type, such as "F32" (static text), and its bytes. */
const char *lvk_element_name(lvk_element element);
uint64_t lvk_element_size(lvk_element element);

typedef struct lvk_safetensor {
    const char *name; /* printable UTF-8 */
    lvk_element element;
    int rank; /* 0 (a scalar) to LVK_SAFETENSORS_MAX_RANK */
    uint64_t dim[LVK_SAFETENSORS_MAX_RANK];
    const void *data; /* row-major, little-endian; not aligned if it was read from a file */
    uint64_t size;    /* bytes; reading sets it, writing computes it from the shape */
} lvk_safetensor;

/* Writes a file. After a kill at any moment it is the whole old file or the whole new one. Equal input gives
 * equal bytes: the header has the metadata (NULL: none), then the tensors, both in the order given; the data
 * begins at a multiple of 8. LVK_ERROR_ARGUMENT: a name is empty, not printable UTF-8 or used twice, or a
 * tensor would not be aligned to its element size (large elements must come first). */
LVK_MUST_USE lvk_status lvk_safetensors_write(const char *path, const lvk_safetensor *tensors, size_t count,
                                              const lvk_string_map *metadata);

/* A file that was read. It does not change, so that any number of threads may use it, and owns all that its
 * functions return. */
typedef struct lvk_safetensors lvk_safetensors;

/* Reads a whole file. The error line names the file and, if one is at fault, the tensor. */
LVK_MUST_USE lvk_status lvk_safetensors_read(const char *path, lvk_safetensors **file);

/* The same for bytes in memory from lvk_alloc or lvk_file_read, which the function takes over, after a
 * failure too. `name` is for error lines. */
LVK_MUST_USE lvk_status lvk_safetensors_take(const char *name, void *bytes, size_t size,
                                             lvk_safetensors **file);

/* Makes a file of a part of another one: the tensors and the metadata whose names begin with `prefix`, without it.
 * `name` is for error lines. The part borrows the tensors' data: `file` must outlive it. */
LVK_MUST_USE lvk_status lvk_safetensors_part(const lvk_safetensors *file, const char *prefix,
                                             const char *name, lvk_safetensors **part);

void lvk_safetensors_destroy(lvk_safetensors **file);

/* The path or name of the file. */
const char *lvk_safetensors_name(const lvk_safetensors *file);

size_t lvk_safetensors_count(const lvk_safetensors *file);
const lvk_safetensor *lvk_safetensors_at(const lvk_safetensors *file,
                                         size_t index); /* in the header's order */
const lvk_safetensor *lvk_safetensors_find(const lvk_safetensors *file,
                                           const char *name); /* NULL: there is none */
const lvk_string_map *lvk_safetensors_metadata(const lvk_safetensors *file);

/* Fails if the tensor is F32 and an element is not finite; LVK_ERROR_NUMERIC names the first of them. */
LVK_MUST_USE lvk_status lvk_safetensor_check_finite(const char *file, const lvk_safetensor *tensor);

/* Fails unless the tensor has the type `type` (LVK_F32, LVK_U32 and LVK_U8 are F32, U32 and U8) and, if it is
 * F32, every element is finite; LVK_ERROR_NUMERIC names the first that is not. `file` is the file's name, for
 * error lines. */
LVK_MUST_USE lvk_status lvk_safetensor_check(const char *file, const lvk_safetensor *tensor,
                                             const lvk_type *type);

/* The same for the tensor `name`, which the file must hold. */
LVK_MUST_USE lvk_status lvk_safetensors_check(const lvk_safetensors *file, const char *name,
                                              const lvk_type *type);

/* Checks the tensor by lvk_safetensors_check, and copies its elements to `destination` (float for F32), which
 * does not change after a failure. */
LVK_MUST_USE lvk_status lvk_safetensors_copy(const lvk_safetensors *file, const char *name,
                                             const lvk_type *type, void *destination);

/* The index of the first of `count` floats at `data` that is NaN or infinite; `count` if all are finite.
 * `data` need not be aligned. */
uint64_t lvk_first_not_finite(const void *data, uint64_t count);

#endif
