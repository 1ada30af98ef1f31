/* Tensor types: element type and shape. The layout is row-major without gaps. Activations are NHWC,
 * convolution kernels HWIO, [kh, kw, in, out], dense kernels [in, out]. The first dimension of an activation
 * is the batch. */
#ifndef LVK_BACKEND_TYPE_H
#define LVK_BACKEND_TYPE_H

#include <stdbool.h>
#include <stdint.h>

/* The floating-point type of all arithmetic. It is float, except in the gradient tests: they compile the
 * graph, the operators and the reference backend once more with double, to compare gradients with central
 * differences. */
#ifdef LVK_REAL_DOUBLE
typedef double lvk_real;
#else
typedef float lvk_real;
#endif

typedef enum lvk_dtype {
    LVK_F32, /* lvk_real */
    LVK_U32, /* counters and keys */
    LVK_U8   /* masks and window indices; for kernels, four in a 32-bit word, the first in the lowest byte */
} lvk_dtype;

enum { LVK_MAX_RANK = 4 };

typedef struct lvk_type {
    lvk_dtype dtype;
    int rank; /* 1 to LVK_MAX_RANK */
    uint32_t dim[LVK_MAX_RANK];
} lvk_type;

static inline uint64_t lvk_dtype_size(lvk_dtype dtype) {
    return dtype == LVK_F32 ? sizeof(lvk_real) : dtype == LVK_U32 ? 4 : 1;
}

static inline uint64_t lvk_type_count(const lvk_type *type) {
    uint64_t count = 1;
    for (int i = 0; i < type->rank; ++i)
        count *= type->dim[i];
    return count;
}

/* Bytes of the elements. The planner rounds a tensor's memory up to a multiple of 16 bytes, so that a kernel
 * may read and write the whole last vec4. The bytes after the last element are the tensor's own padding. */
static inline uint64_t lvk_type_size(const lvk_type *type) {
    return lvk_type_count(type) * lvk_dtype_size(type->dtype);
}

static inline bool lvk_type_equal(const lvk_type *a, const lvk_type *b) {
    bool equal = a->dtype == b->dtype && a->rank == b->rank;
    for (int i = 0; equal && i < a->rank; ++i)
        equal = a->dim[i] == b->dim[i];
    return equal;
}

/* Elements of one row of the batch, that is, of one index of the first dimension. */
static inline uint64_t lvk_type_row_count(const lvk_type *type) {
    return lvk_type_count(type) / type->dim[0];
}

static inline lvk_type lvk_type_1d(lvk_dtype dtype, uint32_t n) {
    return (lvk_type){.dtype = dtype, .rank = 1, .dim = {n}};
}
static inline lvk_type lvk_type_2d(lvk_dtype dtype, uint32_t n, uint32_t c) {
    return (lvk_type){.dtype = dtype, .rank = 2, .dim = {n, c}};
}
static inline lvk_type lvk_type_4d(lvk_dtype dtype, uint32_t n, uint32_t h, uint32_t w, uint32_t c) {
    return (lvk_type){.dtype = dtype, .rank = 4, .dim = {n, h, w, c}};
}

/* Writes the shape as text, such as "224×224×3", into `text`, and returns `text`. */
enum { LVK_TYPE_TEXT = 64 };
char *lvk_type_text(const lvk_type *type, char text[LVK_TYPE_TEXT]);

#endif
