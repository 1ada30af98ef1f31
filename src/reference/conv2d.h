/* The sum at the heart of conv2d, for the reference operators that are built on it. */
#ifndef LVK_REFERENCE_CONV2D_H
#define LVK_REFERENCE_CONV2D_H

#include "ops/conv2d.h"
#include "reference/reference.h"

/* Loops add to a few sums side by side: the additions of one sum alone would wait for each other. */
enum { LVK_SIDE_BY_SIDE = 16 };

typedef struct lvk_reference_conv2d_operands {
    const lvk_conv2d_attributes *attributes;
    const lvk_type *x_type, *w_type;
    const lvk_real *x, *w, *b; /* b: NULL when there is none */
} lvk_reference_conv2d_operands;

/* Of a call with the inputs x, w and perhaps b. */
lvk_reference_conv2d_operands lvk_reference_conv2d_of(const lvk_reference_args *args);

/* sum[j] = y[n,oy,ox,k0+j] for j < side <= LVK_SIDE_BY_SIDE, y[n,oy,ox,k] = b[k] + sum over ky,kx,c of
 * x[n, oy*stride_h + ky - pad_top, ox*stride_w + kx - pad_left, c] * w[ky,kx,c,k] */
void lvk_reference_conv2d_at(const lvk_reference_conv2d_operands *operands, uint64_t n, uint64_t oy,
                             uint64_t ox, uint64_t k0, uint32_t side, double *sum);

#endif
