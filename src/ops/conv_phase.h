/* The gradient of a strided convolution with respect to x, in phases. Pixel (iy, ix) of x meets only the taps
 * of w whose row is (iy + pad_top) modulo stride_h, plus a multiple of stride_h, and whose column is (ix +
 * pad_left) modulo stride_w, plus a multiple of stride_w. The pixels of x thus fall into stride_h * stride_w
 * phases. Neighbouring pixels of a phase are stride_h rows or stride_w columns apart. Their gradient is a
 * convolution of dy, at stride 1, with the taps of the phase. */
#ifndef LVK_OPS_CONV_PHASE_H
#define LVK_OPS_CONV_PHASE_H

#include "ops/conv_shape.h"

/* One phase. lvk_conv_forward.shape describes its convolution at stride 1 from dy to the pixels of the phase.
 * This struct adds which taps of w the convolution takes, and where its results lie in dx. The channels of x
 * and of y are multiples of 4. */
typedef struct lvk_conv_phase {
    lvk_conv_shape strided; /* the convolution whose gradient is computed */
    uint32_t last_tap;  /* the number in w of the phase's last tap; the others come before it, stride apart */
    uint32_t top, left; /* the first pixel of the phase in x; the others follow, stride apart */
} lvk_conv_phase;

/* A launch computes one phase. No candidate takes a call with more phases than these. */
enum { LVK_CONV_MOST_PHASES = 8 };

/* Adds the launches of all phases, which compute dx (output 0) from dy (input 0) and w (input 1). `kernel` is
 * one of the subgroup kernels. */
void lvk_conv_phases_launch(const lvk_conv_shape *strided, lvk_conv_kernel kernel, const lvk_caps *caps,
                            lvk_launch_list *list);

#endif
