/* Batch norm with fixed averages is a scale and a shift of each channel; folded into the convolution before
 * it, it costs nothing: s = gamma / sqrt(moving_variance + epsilon),  kernel' = kernel s,  bias' = (bias -
 * moving_mean) s + beta */
#ifndef LVK_FORMATS_BATCHNORM_FOLDING_H
#define LVK_FORMATS_BATCHNORM_FOLDING_H

#include "formats/safetensors.h"
#include "models/layers.h"

/* Fills `block`, an image of the parameter block of the graph that `builder` built, from the tensors of
 * `file` with the same names: those of a folded layer from its convolution's and its norm's, computed in
 * double, the others as they are. A tensor that is of another shape or not finite is named; so is one that is
 * missing, or with `partial`, its place in `block` stays as it is. */
LVK_MUST_USE lvk_status lvk_fold_parameters(const lvk_safetensors *file, const lvk_builder *builder,
                                            bool partial, float *block);

#endif
