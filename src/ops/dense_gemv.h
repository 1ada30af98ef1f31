/* Dense layers of few rows, as in predicting one image: what they cost is reading w once, for which kernels
 * that share w among many rows are no help. A product of a matrix and a vector (BLAS: gemv) for each row, its
 * sum in splits. */
#ifndef LVK_OPS_DENSE_GEMV_H
#define LVK_OPS_DENSE_GEMV_H

#include "ops/op.h"

/* A candidate of dense and dense_relu (inputs x, w, optional b), and the same reading texels. */
const char *lvk_dense_gemv_unsupported(const lvk_call *call, const lvk_caps *caps);
void lvk_dense_gemv_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list);
const char *lvk_dense_gemv_texels_unsupported(const lvk_call *call, const lvk_caps *caps);
void lvk_dense_gemv_texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list);

#endif
