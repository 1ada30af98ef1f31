/* Transposed convolutions: the gradient of a convolution with respect to x is a convolution of dy with the same w, its rows and
 * columns of taps in reverse order and its two channel axes swapped. Most kernels want such a w written out. Subgroup kernels
 * can also read it where it lies. */
#ifndef LVK_OPS_CONV_TRANSPOSED_H
#define LVK_OPS_CONV_TRANSPOSED_H

#include "ops/conv_forward.h"

/* Adds the launch that writes the w of a transposed convolution, its input channels padded to 4, into scratch
 * LVK_CONV_SCRATCH_W. */
lvk_operand lvk_conv_transposed_w(const lvk_conv_forward *forward, lvk_launch_list *list);

/* Whether `kernel` reads the w of a transposed convolution where it lies: four numbers of it at a time. */
bool lvk_conv_reads_transposed(const lvk_conv_forward *forward, lvk_conv_kernel kernel);

/* Sets the parameters of a kernel that does: where the taps of w lie and where the pixels of y go. */
void lvk_conv_transposed_params(const lvk_conv_forward *forward, lvk_conv2d_params *params);

#endif
