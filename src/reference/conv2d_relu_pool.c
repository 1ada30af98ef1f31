#include "ops/maxpool2d.h"
#include "reference/conv2d.h"

static uint32_t at_most(uint64_t a, uint32_t b) {
    return a < b ? (uint32_t)a : b;
}

/* The composition, window by window: convolution, rounded as its output would be, ReLU, first maximum. */
void lvk_reference_conv2d_relu_pool(const lvk_reference_args *args) {
    const lvk_reference_conv2d_operands operands = lvk_reference_conv2d_of(args);
    lvk_real *y = args->outputs[0];
    uint8_t *index = args->outputs[1];
    const uint32_t *yd = args->call->outputs[0].dim;
    const uint64_t outputs = yd[3], windows = (uint64_t)yd[0] * yd[1] * yd[2];
    for (uint64_t window = 0; window < windows; ++window)
        for (uint64_t k0 = 0; k0 < outputs; k0 += LVK_SIDE_BY_SIDE) {
            const uint32_t side = at_most(outputs - k0, LVK_SIDE_BY_SIDE);
            for (uint32_t j = 0; j < side; ++j) {
                y[window * outputs + k0 + j] = 0;
                index[window * outputs + k0 + j] = LVK_MAXPOOL2D_PADDING;
            }
            for (uint32_t position = 0; position < 4; ++position) {
                double sum[LVK_SIDE_BY_SIDE];
                lvk_reference_conv2d_at(&operands, window / yd[2] / yd[1],
                                        window / yd[2] % yd[1] * 2 + position / 2,
                                        window % yd[2] * 2 + position % 2, k0, side, sum);
                for (uint32_t j = 0; j < side; ++j) {
                    const uint64_t at = window * outputs + k0 + j;
                    if ((lvk_real)sum[j] > y[at]) {
                        y[at] = (lvk_real)sum[j];
                        index[at] = (uint8_t)position;
                    }
                }
            }
        }
}

/* dx[n,iy,ix,c] = sum over ky,kx,k of dy[n,py,px,k] * w[ky,kx,c,k], where tap ky,kx of a convolution output
 * reads iy, ix and that output is the one that won window py, px */
void lvk_reference_conv2d_relu_pool_grad_input(const lvk_reference_args *args) {
    const lvk_conv2d_attributes *a =
        &((const lvk_conv2d_grad_input_attributes *)args->call->attributes)->conv;
    const lvk_real *dy = args->inputs[0], *w = args->inputs[2];
    const uint8_t *index = args->inputs[1];
    lvk_real *dx = args->outputs[0];
    const uint32_t *xd = args->call->outputs[0].dim, *wd = args->call->inputs[2].dim,
                   *yd = args->call->inputs[0].dim;
    const uint64_t channels = xd[3], outputs = wd[3], pixels = (uint64_t)xd[0] * xd[1] * xd[2];
    for (uint64_t pixel = 0; pixel < pixels; ++pixel) {
        const uint64_t ix = pixel % xd[2], iy = pixel / xd[2] % xd[1], n = pixel / xd[2] / xd[1];
        for (uint64_t c0 = 0; c0 < channels; c0 += LVK_SIDE_BY_SIDE) {
            const uint32_t side = at_most(channels - c0, LVK_SIDE_BY_SIDE);
            double sum[LVK_SIDE_BY_SIDE] = {0};
            for (uint32_t ky = 0; ky < wd[0]; ++ky)
                for (uint32_t kx = 0; kx < wd[1]; ++kx) {
                    const uint64_t oy = iy + a->pad_top - ky, ox = ix + a->pad_left - kx;
                    if (oy >= 2 * (uint64_t)yd[1] ||
                        ox >= 2 * (uint64_t)yd[2]) /* less than 0: wrapped round */
                        continue;
                    const uint64_t from = ((n * yd[1] + oy / 2) * yd[2] + ox / 2) * outputs,
                                   won = oy % 2 * 2 + ox % 2;
                    const lvk_real *weight = &w[((ky * wd[1] + kx) * channels + c0) * outputs];
                    for (uint64_t k = 0; k < outputs; ++k)
                        for (uint32_t j = 0; index[from + k] == won && j < side; ++j)
                            sum[j] += (double)dy[from + k] * weight[j * outputs + k];
                }
            for (uint32_t j = 0; j < side; ++j)
                dx[pixel * channels + c0 + j] = (lvk_real)sum[j];
        }
    }
}

/* What one window adds to one element of dw (or, with `x` NULL, of db). */
static double window_share(const lvk_reference_args *args, const lvk_real *x, uint64_t window, uint64_t ky,
                           uint64_t kx, uint64_t c, uint64_t k) {
    const lvk_conv2d_attributes *a =
        &((const lvk_conv2d_grad_weight_attributes *)args->call->attributes)->conv;
    const lvk_real *dy = args->inputs[1];
    const uint8_t *index = args->inputs[2];
    const uint32_t *xd = args->call->inputs[0].dim, *yd = args->call->inputs[1].dim;
    const uint64_t at = window * yd[3] + k;
    if (index[at] > 3)
        return 0;
    if (!x)
        return (double)dy[at];
    const uint64_t n = window / yd[2] / yd[1],
                   iy = window / yd[2] % yd[1] * 2 + index[at] / 2 + ky - a->pad_top,
                   ix = window % yd[2] * 2 + index[at] % 2 + kx - a->pad_left;
    const bool inside = iy < xd[1] && ix < xd[2];
    return inside ? (double)x[((n * xd[1] + iy) * xd[2] + ix) * xd[3] + c] * (double)dy[at] : 0;
}

/* dw[ky,kx,c,k] = sum over windows of dy[window,k] * x at tap ky,kx, channel c, of the position that won;
 * db[k] the same sum without x */
void lvk_reference_conv2d_relu_pool_grad_weight(const lvk_reference_args *args) {
    lvk_real *dw = args->outputs[0], *db = args->outputs[1];
    const uint32_t *wd = args->call->outputs[0].dim, *yd = args->call->inputs[1].dim;
    const uint64_t windows = (uint64_t)yd[0] * yd[1] * yd[2], outputs = wd[3];
    for (uint64_t row = 0; row <= (uint64_t)wd[0] * wd[1] * wd[2]; ++row) { /* the last row is the bias */
        const bool bias = row == (uint64_t)wd[0] * wd[1] * wd[2];
        const uint64_t c = row % wd[2], kx = row / wd[2] % wd[1], ky = row / wd[2] / wd[1];
        for (uint64_t k = 0; k < outputs; ++k) {
            double sum = 0;
            for (uint64_t window = 0; window < windows; ++window)
                sum += window_share(args, bias ? NULL : args->inputs[0], window, ky, kx, c, k);
            if (bias)
                db[k] = (lvk_real)sum;
            else
                dw[row * outputs + k] = (lvk_real)sum;
        }
    }
}
