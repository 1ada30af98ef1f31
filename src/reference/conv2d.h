/* The sum of conv2d, which several reference operators compute. */
#ifndef LVK_REFERENCE_CONV2D_H
#define LVK_REFERENCE_CONV2D_H

#include "ops/conv2d.h"
#include "reference/reference.h"

/* The number of sums to which a loop adds in turn. With one sum, each addition would wait for the one
 * before. */
enum { LVK_SIDE_BY_SIDE = 16 };

typedef struct lvk_reference_conv2d_operands {
    const lvk_conv2d_attributes *attributes;
    const lvk_type *x_type, *w_type;
    const lvk_real *x, *w, *b; /* b is NULL without a bias */
} lvk_reference_conv2d_operands;

/* The operands of a call whose inputs are x, w and optionally b. */
lvk_reference_conv2d_operands lvk_reference_conv2d_of(const lvk_reference_args *args);

/* Sets sum[j] = y[n,oy,ox,k0+j] for j < side <= LVK_SIDE_BY_SIDE, where y[n,oy,ox,k] = b[k] + sum over
 * ky,kx,c of x[n, oy*stride_h + ky - pad_top, ox*stride_w + kx - pad_left, c] * w[ky,kx,c,k] */
void lvk_reference_conv2d_at(const lvk_reference_conv2d_operands *operands, uint64_t n, uint64_t oy,
                             uint64_t ox, uint64_t k0, uint32_t side, double *sum);

#endif
