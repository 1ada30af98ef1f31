/* conv2d_relu_pool and its gradients: what the files share. */
#ifndef LVK_CPU_CONV_POOL_H
#define LVK_CPU_CONV_POOL_H

#include "cpu/conv2d.h"
#include "cpu/vectors.h"

/* The convolution before the pool, and the pooled size. */
typedef struct lvk_cpu_pool_shape {
    lvk_dnnl_shape conv;
    uint32_t pool_h, pool_w; /* out_h / 2, out_w / 2 */
} lvk_cpu_pool_shape;

lvk_cpu_pool_shape lvk_cpu_pool_shape_of(const lvk_type *x, const lvk_type *w,
                                         const lvk_conv2d_attributes *attributes);

/* ---- gradients that skip zeros: conv_pool_sparse_weight.c, conv_pool_sparse_input.c ----
 *
 * Pooling passes the gradient of a window to one of its four positions, or to none where ReLU made all of them 0. These kernels
 * gather what is left into lists and add up products for that alone, a quarter or less of the dense form's. */

/* An item of such a list: a gradient, and where what it is multiplied with begins. */
typedef struct lvk_pool_entry {
    uint32_t at;
    float gradient;
} lvk_pool_entry;

/* Why the sparse kernels cannot take the shape on this processor, NULL: they can. The first is what both need. */
const char *lvk_cpu_sparse_unsupported(const lvk_cpu_pool_shape *shape);
const char *lvk_cpu_sparse_weight_unsupported(const lvk_cpu_pool_shape *shape);
const char *lvk_cpu_sparse_input_unsupported(const lvk_cpu_pool_shape *shape);

/* The part `part` of `parts` of the sums over windows, each in memory of its own: sums [lvk_cpu_sparse_weight_sums()] floats,
 * lists [lvk_cpu_sparse_weight_lists()] bytes. x, dy and index as in ops/conv2d_relu_pool_grad_weight.c. */
uint64_t lvk_cpu_sparse_weight_sums(const lvk_cpu_pool_shape *shape);
uint64_t lvk_cpu_sparse_weight_lists(const lvk_cpu_pool_shape *shape);
void lvk_cpu_sparse_weight_part(lvk_cpu_isa isa, const lvk_cpu_pool_shape *shape, const float *x,
                                const float *dy, const uint8_t *index, unsigned part, unsigned parts,
                                void *lists, float *sums);

/* dw and db from the sums of all parts, which lie one after the other; the rows of dw that part `part` of `parts` has; part 0 has db. */
void lvk_cpu_sparse_weight_finish(const lvk_cpu_pool_shape *shape, const float *sums, unsigned sum_parts,
                                  unsigned part, unsigned parts, float *dw, float *db);

/* w as the kernel reads it: [kernel_h][out_c][kernel_w * in_c], of lvk_cpu_sparse_input_weights() floats. */
uint64_t lvk_cpu_sparse_input_weights(const lvk_cpu_pool_shape *shape);
void lvk_cpu_sparse_input_prepare(const lvk_cpu_pool_shape *shape, const float *w, float *weights);

/* dx of the images from `first` to `end` - 1; lists [lvk_cpu_sparse_input_lists()] bytes. */
uint64_t lvk_cpu_sparse_input_lists(const lvk_cpu_pool_shape *shape);
void lvk_cpu_sparse_input_images(lvk_cpu_isa isa, const lvk_cpu_pool_shape *shape, const float *dy,
                                 const uint8_t *index, const float *weights, size_t first, size_t end,
                                 void *lists, float *dx);

#endif
