/* oneDNN's convolutions and dense layers, over Keras' layouts: activations NHWC, kernels HWIO and [in, out]. The C interface of
 * oneDNN changed with version 3; dnnl.c is the only file that knows.
 *
 * A primitive is prepared once, with all that it needs, and run any number of times without allocating. It computes with as many
 * threads as the calling thread's OpenMP has. */
#ifndef LVK_CPU_DNNL_H
#define LVK_CPU_DNNL_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum lvk_dnnl_pass {
    LVK_DNNL_FORWARD,     /* y from x, w, bias, residual */
    LVK_DNNL_GRAD_INPUT,  /* x, its gradient, from y, its gradient, and w */
    LVK_DNNL_GRAD_WEIGHT, /* w, its gradient, from x and y, its gradient */
} lvk_dnnl_pass;

typedef struct lvk_dnnl_shape {
    uint32_t batch, in_h, in_w, in_c, out_h, out_w, out_c; /* dense: all heights and widths are 1 */
    uint32_t kernel_h, kernel_w, stride_h, stride_w;
    uint32_t pad_top, pad_left, pad_bottom, pad_right;
    bool dense; /* a dense layer */
    bool bias, relu,
        residual; /* of LVK_DNNL_FORWARD: y = relu(conv(x, w) + bias + residual), the residual being what y holds */
    bool keeps_weights; /* w seldom changes: what is made of it is kept, see lvk_dnnl_operands.version */
} lvk_dnnl_shape;

typedef struct lvk_dnnl_operands {
    const float *bias;                     /* NULL where the shape has none */
    const float *from_x, *from_w, *from_y; /* what the pass reads */
    float *to_x, *to_w, *to_y;             /* what it writes */
    void *scratch;                         /* lvk_dnnl_scratch() bytes, 64-byte aligned */
    uint64_t version; /* with keeps_weights: another number where w has changed since the run before; not 0 */
} lvk_dnnl_operands;

typedef struct lvk_dnnl lvk_dnnl;

/* LVK_ERROR_UNSUPPORTED where the library has no implementation for the shape. */
LVK_MUST_USE lvk_status lvk_dnnl_create(lvk_dnnl_pass pass, const lvk_dnnl_shape *shape, lvk_dnnl **dnnl);
void lvk_dnnl_destroy(lvk_dnnl **dnnl); /* accepts NULL in it */

uint64_t lvk_dnnl_scratch(const lvk_dnnl *dnnl);
LVK_MUST_USE lvk_status lvk_dnnl_run(lvk_dnnl *dnnl, const lvk_dnnl_operands *operands);

/* "oneDNN 2.6.3, AVX-512": its version and the instruction set that it computes with, which ONEDNN_MAX_CPU_ISA can lower. */
void lvk_dnnl_describe(char *text, size_t size);
bool lvk_dnnl_has_avx2(void);
bool lvk_dnnl_has_avx512(void);

#endif
