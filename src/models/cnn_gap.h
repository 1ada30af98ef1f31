/* "cnn-gap": a compact convolutional net with batch norm and global average pooling, trained from random
 * weights.
 *
 * The cnn has 98 % of its parameters in one matrix over all pixels of the features. This net averages over
 * the pixels instead (Lin, Chen, Yan, "Network in network", ICLR 2014), so that position and orientation of a
 * cell matter less. It has a seventh of the parameters and needs half the arithmetic:
 *     224 x 224 x 3 -> conv 3x3 stride 2, 32 -> maxpool 2 -> conv 64 -> maxpool 2 -> conv 128 -> maxpool 2 ->
 *     conv 256 -> global average -> dropout -> dense 1
 * Every convolution is 3 x 3 with one pixel of zeros around, without bias, followed by batch norm (Ioffe,
 * Szegedy, ICML 2015; epsilon 1e-3, the batch's statistics in training) and ReLU. The running averages have a
 * decay of 0.9. With the usual 0.99 they would still be far from the statistics after an epoch of a few dozen
 * steps, when validation uses them. */
#ifndef LVK_MODELS_CNN_GAP_H
#define LVK_MODELS_CNN_GAP_H

#include "models/model.h"

/* As lvk_model_build_fn. */
int lvk_cnn_gap_build(lvk_builder *builder, int images, const lvk_model_config *config);

#endif
