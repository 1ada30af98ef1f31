/* "cnn-gap": a compact convolutional net with batch norm and global average pooling, trained from chance.
 *
 * The cnn keeps 98 % of its parameters in one matrix over places of the picture; this one averages over all
 * places instead (Lin, Chen, Yan, "Network in network", ICLR 2014), so that where and how a cell lies matters
 * less, with a seventh of the parameters and half the arithmetic:
 *     224 x 224 x 3 -> conv 3x3 stride 2, 32 -> maxpool 2 -> conv 64 -> maxpool 2 -> conv 128 -> maxpool 2 ->
 *     conv 256 -> global average -> dropout -> dense 1
 * Every convolution is 3 x 3 with one pixel of zeros around, without bias, with batch norm (Ioffe, Szegedy,
 * ICML 2015; epsilon 1e-3, the batch's statistics in training) and ReLU. The running averages keep 0.9 at
 * each step: with the 0.99 of larger data sets they would still be on their way after an epoch of a few dozen
 * steps, which is validated with them. */
#ifndef LVK_MODELS_CNN_GAP_H
#define LVK_MODELS_CNN_GAP_H

#include "models/model.h"

/* As lvk_model_build_fn. */
int lvk_cnn_gap_build(lvk_builder *builder, int images, const lvk_model_config *config);

#endif
