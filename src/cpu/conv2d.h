/* The geometry of a convolution or dense call as oneDNN takes it. */
#ifndef LVK_CPU_CONV2D_H
#define LVK_CPU_CONV2D_H

#include "cpu/dnnl.h"
#include "cpu/kernel.h"
#include "ops/conv2d.h"

/* Of x [N, H, W, C] and w [KH, KW, C, K]; out_h and out_w follow. */
lvk_dnnl_shape lvk_cpu_conv2d_shape(const lvk_type *x, const lvk_type *w,
                                    const lvk_conv2d_attributes *attributes);

#endif
