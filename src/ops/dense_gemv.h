/* Dense layers for a batch of few rows, as in predicting one image. Their time is that of reading w once, so
 * that kernels which share w among many rows do not help. These kernels compute the product of a matrix and a
 * vector (BLAS calls it gemv) for each row, with the sum in splits. */
#ifndef LVK_OPS_DENSE_GEMV_H
#define LVK_OPS_DENSE_GEMV_H

#include "ops/op.h"

/* The functions of two candidates of dense and dense_relu (inputs x, w, optional b). The first reads storage
 * buffers, the second texels. */
const char *lvk_dense_gemv_unsupported(const lvk_call *call, const lvk_caps *caps);
void lvk_dense_gemv_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list);
const char *lvk_dense_gemv_texels_unsupported(const lvk_call *call, const lvk_caps *caps);
void lvk_dense_gemv_texels_launch(const lvk_call *call, const lvk_caps *caps, lvk_launch_list *list);

#endif
