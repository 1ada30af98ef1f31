/* The folding of batch norms into convolutions, for inference. A batch norm with fixed averages scales and
 * shifts each channel. A convolution with another kernel and bias does this at no cost:
 *   s = gamma / sqrt(moving_variance + epsilon)
 *   kernel' = kernel s
 *   bias' = (bias - moving_mean) s + beta
 * A norm of the inputs of a dense layer, which standardizes features, is folded into that layer:
 *   kernel' = s kernel
 *   bias' = bias + (beta - moving_mean s) kernel */
#ifndef LVK_FORMATS_BATCHNORM_FOLDING_H
#define LVK_FORMATS_BATCHNORM_FOLDING_H

#include "formats/safetensors.h"
#include "models/layers.h"

/* Computes the parameters of the graph that `builder` built from the tensors of `file`, and writes them to
 * `block`, which has the layout of the graph's parameter block. The kernel and bias of a layer with a folded
 * norm are computed, in double, from the tensors of the layer and of its norm; every other
 * parameter is the tensor of the same name. An error names a tensor of another shape or with a number that is
 * not finite. A missing tensor is an error too, unless `partial`: then the parameter's place in `block` is
 * left as it is. */
LVK_MUST_USE lvk_status lvk_batchnorm_fold_parameters(const lvk_safetensors *file, const lvk_builder *builder,
                                                      bool partial, float *block);

#endif
