#include "ops/conv_phase.h"

#include "ops/conv_forward.h"

/* One axis of a phase: the rows (or columns) i of x with (i + padding) modulo stride = r. They meet the taps
 * r, r + stride, ... */
typedef struct axis {
    uint32_t first, size; /* the first of these rows, and their number */
    uint32_t taps;        /* the number of taps that they meet */
    int32_t pad;          /* rows of zeros before dy */
} axis;

static axis axis_of(uint32_t r, uint32_t size, uint32_t kernel, uint32_t stride, int32_t pad) {
    const uint32_t skipped = pad > (int32_t)r ? (uint32_t)lvk_divide_up((uint32_t)pad - r, stride) : 0;
    const uint32_t first = skipped * stride + r - (uint32_t)pad;
    const uint32_t taps = r < kernel ? (uint32_t)lvk_divide_up(kernel - r, stride) : 0;
    return (axis){.first = first,
                  .size = first < size ? (uint32_t)lvk_divide_up(size - first, stride) : 0,
                  .taps = taps,
                  .pad = (int32_t)taps - 1 - (int32_t)skipped};
}

/* Adds the launch of phase (r, q), 0 <= r < stride_h, 0 <= q < stride_w. A phase that meets no tap has a
 * launch too, in which w has no rows, so that the kernel writes zeros. */
static void launch_phase(const lvk_conv_shape *s, uint32_t r, uint32_t q, lvk_conv_kernel kernel,
                         const lvk_caps *caps, lvk_launch_list *list) {
    const axis down = axis_of(r, s->in_h, s->kernel_h, s->stride_h, s->pad_top);
    const axis right = axis_of(q, s->in_w, s->kernel_w, s->stride_w, s->pad_left);
    if (down.size == 0 || right.size == 0)
        return;
    const bool met = down.taps > 0 && right.taps > 0;
    const uint32_t last_down = r + (down.taps - 1) * s->stride_h,
                   last_right = q + (right.taps - 1) * s->stride_w;
    const lvk_conv_phase phase = {.strided = *s,
                                  .last_tap = met ? last_down * s->kernel_w + last_right : 0,
                                  .top = down.first,
                                  .left = right.first};
    const lvk_conv_forward forward = {.shape = {.batch = s->batch,
                                                .in_h = s->out_h,
                                                .in_w = s->out_w,
                                                .in_c = s->out_c,
                                                .out_h = down.size,
                                                .out_w = right.size,
                                                .out_c = s->in_c,
                                                .kernel_h = met ? down.taps : 0,
                                                .kernel_w = met ? right.taps : 1,
                                                .stride_h = 1,
                                                .stride_w = 1,
                                                .pad_top = down.pad,
                                                .pad_left = right.pad},
                                      .x = lvk_operand_input(0),
                                      .w = lvk_operand_input(1),
                                      .y = lvk_operand_output(0),
                                      .transposed = true,
                                      .phase = &phase};
    lvk_conv_forward_launch(&forward, kernel, caps, list);
}

void lvk_conv_phases_launch(const lvk_conv_shape *strided, lvk_conv_kernel kernel, const lvk_caps *caps,
                            lvk_launch_list *list) {
    for (uint32_t r = 0; r < strided->stride_h; ++r)
        for (uint32_t q = 0; q < strided->stride_w; ++q)
            launch_phase(strided, r, q, kernel, caps, list);
}
