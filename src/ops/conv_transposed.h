/* Transposed convolutions. The gradient of a convolution with respect to x is a convolution of dy with a
 * transposed w: the taps of w in reverse order, the two channel axes swapped. Most kernels need the
 * transposed w written out. Subgroup kernels can also read the original w. */
#ifndef LVK_OPS_CONV_TRANSPOSED_H
#define LVK_OPS_CONV_TRANSPOSED_H

#include "ops/conv_forward.h"

/* Adds the launch that writes the transposed w, its input channels padded to a multiple of 4, into scratch
 * buffer LVK_CONV_SCRATCH_W, and returns where it lies. */
lvk_operand lvk_conv_transposed_w(const lvk_conv_forward *forward, lvk_launch_list *list);

/* Whether `kernel` reads the original w. It reads four numbers at a time, so that the channels must be a
 * multiple of 4. */
bool lvk_conv_reads_transposed(const lvk_conv_forward *forward, lvk_conv_kernel kernel);

/* Sets the parameters of a kernel that reads the original w: where the taps lie in w, and where the pixels
 * lie in y. */
void lvk_conv_transposed_params(const lvk_conv_forward *forward, lvk_conv2d_params *params);

#endif
