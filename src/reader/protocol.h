/* What the reading program (program/main.c) is asked and what it answers, as bytes of one machine and one
 * build:
 *   the request: an lvk_reader_request, the file's name, the file's bytes
 *   the answer:  an lvk_child_report; if that is LVK_OK, an lvk_reader_tensors with its tensors, and for
 *                each tensor an lvk_child_report and its elements
 * Whoever reads the answer checks it: a damaged file may have taken over the program. */
#ifndef LVK_READER_PROTOCOL_H
#define LVK_READER_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

/* The most that is read: bytes of a name, dimensions of a tensor, tensors, bytes of an HDF5 file. */
enum { LVK_READER_MAX_NAME = 512, LVK_READER_MAX_RANK = 8, LVK_READER_MAX_TENSORS = 4000 };
#define LVK_READER_MAX_HDF5 ((size_t)1 << 30)

/* A member of an archive may be this many times as large as its compressed bytes, and 64 MiB more. Weights
 * hardly shrink when they are compressed. */
enum { LVK_READER_MOST_RATIO = 16 };
#define LVK_READER_FREE_OF_RATIO ((size_t)64 << 20)

/* The most bytes that all tensors of an HDF5 file of `size` bytes can have as floats: halves become floats of
 * 32 bits. */
static inline uint64_t lvk_reader_most_bytes(size_t size) {
    return (uint64_t)size * sizeof(float) / 2;
}

typedef enum lvk_reader_form { LVK_READER_KERAS_H5, LVK_READER_KERAS_ZIP } lvk_reader_form;

typedef struct lvk_reader_request {
    uint32_t form; /* lvk_reader_form */
    uint32_t name_length;
    uint64_t size; /* bytes of the file */
} lvk_reader_request;

/* A tensor of floats. */
typedef struct lvk_reader_tensor {
    char name[LVK_READER_MAX_NAME + 1];
    int32_t rank; /* 0 (a scalar) to LVK_READER_MAX_RANK */
    uint64_t dim[LVK_READER_MAX_RANK];
    uint64_t size; /* bytes */
} lvk_reader_tensor;

typedef struct lvk_reader_tensors {
    uint64_t count;
    lvk_reader_tensor tensors[]; /* `count` */
} lvk_reader_tensors;

#endif
