/* What the three operators conv2d_relu_pool (a convolution at stride 1 with bias, ReLU and 2x2 max pooling),
 * conv2d_relu_pool_grad_input and conv2d_relu_pool_grad_weight share. They are one operator each, so that the
 * tensor between convolution and pool, the largest of a network, is never written. */
#ifndef LVK_OPS_CONV_POOL_H
#define LVK_OPS_CONV_POOL_H

#include "ops/conv_shape.h"
#include "ops/maxpool2d.h"

/* The pool's window: 2x2 at stride 2, without padding, so that an odd last row or column is dropped. */
extern const lvk_maxpool2d_attributes lvk_conv_pool_window;

/* Sets `y` to the type of the pooled tensor for images of type `x` and a kernel of shape `kernel`, {kernel_h,
 * kernel_w, input channels, output channels}. Fails unless the strides are 1 and at least one window fits. */
lvk_status lvk_conv_pool_infer(const lvk_call *call, const lvk_conv2d_attributes *attributes,
                               const lvk_type *x, const uint32_t kernel[4], lvk_type *y);

/* Fails unless inputs `dy` (float) and `index` (bytes) have the shape of the pooled tensor `y`. */
lvk_status lvk_conv_pool_expect(const lvk_call *call, int dy, int index, const lvk_type *y);

/* The shape of the convolution: out_h and out_w are its outputs' before pooling. The pooled tensor is [N,
 * out_h / 2, out_w / 2, out_c]. */
lvk_conv_shape lvk_conv_pool_shape(const lvk_type *x, const lvk_type *w,
                                   const lvk_conv2d_attributes *attributes);

/* The reason why `kernel`, a subgroup kernel, cannot take this shape, or NULL: it takes only 3x3, and the
 * tensors that it binds must fit into bindings. */
const char *lvk_conv_pool_unsupported(const lvk_conv_shape *shape, lvk_conv_kernel kernel,
                                      const lvk_caps *caps);

/* The kind of binding of the byte tensors that `kernel` reads. */
lvk_binding_kind lvk_conv_pool_reads_bytes(lvk_conv_kernel kernel);

/* Adds the launch that writes the gradient with respect to the pool's input into scratch 3, [N, out_h, out_w,
 * out_c]: each dy at the position that the index names, 0 elsewhere. The channels must be a multiple of 4. */
void lvk_conv_pool_add_unpool(const lvk_conv_shape *shape, lvk_operand dy, lvk_operand index,
                              lvk_launch_list *list);

#endif
