#include "ops/maxpool2d.h"
#include "reference/conv2d.h"

static uint32_t at_most(uint64_t a, uint32_t b) {
    return a < b ? (uint32_t)a : b;
}

/* A fused operator computes the same as its parts one after the other. For each window: the convolution,
 * rounded to lvk_real; ReLU; the first maximum. */
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

/* dx[n,iy,ix,c] = sum over ky,kx,k of dy[n,py,px,k] * w[ky,kx,c,k], over the outputs of the convolution that
 * are the maximum of their window (py, px) and read input (iy, ix) through tap (ky, kx) */
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
                        ox >= 2 * (uint64_t)yd[2]) /* numbers below 0 wrap around and are too large */
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

/* Sets reads[i] to where position i of a window reads x through tap (ky, kx), at channel c0; NULL outside of
 * x. */
static void window_reads(const lvk_reference_args *args, uint64_t window, uint64_t ky, uint64_t kx,
                         uint64_t c0, const lvk_real *reads[4]) {
    const lvk_conv2d_attributes *a =
        &((const lvk_conv2d_grad_weight_attributes *)args->call->attributes)->conv;
    const lvk_real *x = args->inputs[0];
    const uint32_t *xd = args->call->inputs[0].dim, *yd = args->call->inputs[1].dim;
    const uint64_t line = window / yd[2], n = line / yd[1];
    for (uint64_t position = 0; position < 4; ++position) {
        const uint64_t iy = line % yd[1] * 2 + position / 2 + ky - a->pad_top,
                       ix = window % yd[2] * 2 + position % 2 + kx - a->pad_left;
        const bool inside = iy < xd[1] && ix < xd[2]; /* numbers below 0 wrap around and are too large */
        reads[position] = inside ? &x[((n * xd[1] + iy) * xd[2] + ix) * xd[3] + c0] : NULL;
    }
}

/* dw[ky,kx,c,k] for k0 <= k < k0 + side and up to LVK_SIDE_BY_SIDE channels c from c0 on: the sum over
 * windows of dy[window,k] * x, where x is read in channel c through tap (ky, kx) of the position that is the
 * window's maximum */
static void weight_gradients(const lvk_reference_args *args, uint64_t ky, uint64_t kx, uint64_t c0,
                             uint64_t k0, uint32_t side) {
    const lvk_real *dy = args->inputs[1];
    const uint8_t *index = args->inputs[2];
    lvk_real *dw = args->outputs[0];
    const uint32_t *wd = args->call->outputs[0].dim, *yd = args->call->inputs[1].dim;
    const uint32_t channels = at_most(wd[2] - c0, LVK_SIDE_BY_SIDE);
    double sum[LVK_SIDE_BY_SIDE][LVK_SIDE_BY_SIDE] = {{0}};
    for (uint64_t window = 0; window < (uint64_t)yd[0] * yd[1] * yd[2]; ++window) {
        const uint64_t from = window * wd[3] + k0;
        const lvk_real *reads[4];
        window_reads(args, window, ky, kx, c0, reads);
        for (uint32_t j = 0; j < side; ++j) {
            const lvk_real *values = index[from + j] < 4 ? reads[index[from + j]] : NULL;
            for (uint32_t c = 0; values && c < channels; ++c)
                sum[j][c] += (double)values[c] * (double)dy[from + j];
        }
    }
    for (uint32_t c = 0; c < channels; ++c)
        for (uint32_t j = 0; j < side; ++j)
            dw[((ky * wd[1] + kx) * wd[2] + c0 + c) * wd[3] + k0 + j] = (lvk_real)sum[j][c];
}

/* dw as above; db[k] = sum over windows of dy[window,k], if a position is the window's maximum */
void lvk_reference_conv2d_relu_pool_grad_weight(const lvk_reference_args *args) {
    const lvk_real *dy = args->inputs[1];
    const uint8_t *index = args->inputs[2];
    lvk_real *db = args->outputs[1];
    const uint32_t *wd = args->call->outputs[0].dim;
    const uint64_t outputs = wd[3], count = lvk_type_count(&args->call->inputs[1]);
    for (uint64_t k0 = 0; k0 < outputs; k0 += LVK_SIDE_BY_SIDE)
        for (uint64_t tap = 0; tap < (uint64_t)wd[0] * wd[1]; ++tap)
            for (uint64_t c0 = 0; c0 < wd[2]; c0 += LVK_SIDE_BY_SIDE)
                weight_gradients(args, tap / wd[1], tap % wd[1], c0, k0,
                                 at_most(outputs - k0, LVK_SIDE_BY_SIDE));
    for (uint64_t k = 0; k < outputs; ++k) {
        double sum = 0;
        for (uint64_t i = k; i < count; i += outputs)
            sum += index[i] < 4 ? (double)dy[i] : 0;
        db[k] = (lvk_real)sum;
    }
}
