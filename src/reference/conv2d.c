#include "reference/conv2d.h"

static uint32_t at_most(uint64_t a, uint32_t b) {
    return a < b ? (uint32_t)a : b;
}

void lvk_reference_conv2d_at(const lvk_reference_conv2d_operands *o, uint64_t n, uint64_t oy, uint64_t ox,
                             uint64_t k0, uint32_t side, double *sum) {
    const uint64_t height = o->x_type->dim[1], width = o->x_type->dim[2], channels = o->x_type->dim[3];
    const uint32_t *wd = o->w_type->dim;
    for (uint32_t j = 0; j < side; ++j)
        sum[j] = o->b ? (double)o->b[k0 + j] : 0;
    for (uint32_t ky = 0; ky < wd[0]; ++ky)
        for (uint32_t kx = 0; kx < wd[1]; ++kx) {
            const uint64_t iy = oy * o->attributes->stride_h + ky - o->attributes->pad_top,
                           ix = ox * o->attributes->stride_w + kx - o->attributes->pad_left;
            if (iy >= height ||
                ix >= width) /* above and to the left of x, the unsigned numbers wrap around: too large */
                continue;
            for (uint64_t c = 0; c < channels; ++c) {
                const double value = o->x[((n * height + iy) * width + ix) * channels + c];
                const lvk_real *weight = &o->w[((ky * wd[1] + kx) * channels + c) * wd[3] + k0];
                for (uint32_t j = 0; j < side; ++j)
                    sum[j] += value * weight[j];
            }
        }
}

lvk_reference_conv2d_operands lvk_reference_conv2d_of(const lvk_reference_args *args) {
    return (lvk_reference_conv2d_operands){.attributes = args->call->attributes,
                                           .x_type = &args->call->inputs[0],
                                           .w_type = &args->call->inputs[1],
                                           .x = args->inputs[0],
                                           .w = args->inputs[1],
                                           .b = args->call->input_count > 2 ? args->inputs[2] : NULL};
}

void lvk_reference_conv2d(const lvk_reference_args *args) {
    const lvk_reference_conv2d_operands operands = lvk_reference_conv2d_of(args);
    lvk_real *y = args->outputs[0];
    const uint32_t *yd = args->call->outputs[0].dim;
    const uint64_t outputs = yd[3], pixels = (uint64_t)yd[0] * yd[1] * yd[2];
    for (uint64_t pixel = 0; pixel < pixels; ++pixel)
        for (uint64_t k0 = 0; k0 < outputs; k0 += LVK_SIDE_BY_SIDE) {
            const uint32_t side = at_most(outputs - k0, LVK_SIDE_BY_SIDE);
            double sum[LVK_SIDE_BY_SIDE];
            lvk_reference_conv2d_at(&operands, pixel / yd[2] / yd[1], pixel / yd[2] % yd[1], pixel % yd[2],
                                    k0, side, sum);
            for (uint32_t j = 0; j < side; ++j)
                y[pixel * outputs + k0 + j] = (lvk_real)sum[j];
        }
}

/* A fused operator computes the same as its parts one after the other: the result of the convolution is
 * rounded to lvk_real before the next part. */
static lvk_real relu(lvk_real value) {
    return value < 0 ? 0 : value; /* NaN stays NaN */
}

void lvk_reference_conv2d_relu(const lvk_reference_args *args) {
    lvk_reference_conv2d(args);
    lvk_real *y = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->outputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        y[i] = relu(y[i]);
}

void lvk_reference_conv2d_add_relu(const lvk_reference_args *args) {
    lvk_reference_conv2d(args);
    const lvk_real *residual = args->inputs[3];
    lvk_real *y = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->outputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        y[i] = relu(y[i] + residual[i]);
}

/* Sets `o` to the output position that reads input position `i` through tap `k`: o * stride + k - pad = i.
 * False if there is none. */
static bool find_reader(uint64_t i, uint32_t k, uint32_t pad, uint32_t stride, uint32_t outputs,
                        uint64_t *o) {
    const int64_t distance = (int64_t)i + pad - k;
    *o = (uint64_t)(distance / stride);
    return distance >= 0 && distance % stride == 0 && *o < outputs;
}

/* dx[n,iy,ix,c] = sum over ky,kx,k of dy[n,oy,ox,k] * w[ky,kx,c,k], where output (oy, ox) reads input (iy,
 * ix) through tap (ky, kx) */
void lvk_reference_conv2d_grad_input(const lvk_reference_args *args) {
    const lvk_conv2d_attributes *a =
        &((const lvk_conv2d_grad_input_attributes *)args->call->attributes)->conv;
    const lvk_real *dy = args->inputs[0], *w = args->inputs[1];
    lvk_real *dx = args->outputs[0];
    const uint32_t *xd = args->call->outputs[0].dim, *wd = args->call->inputs[1].dim,
                   *yd = args->call->inputs[0].dim;
    const uint64_t channels = xd[3], outputs = wd[3], pixels = (uint64_t)xd[0] * xd[1] * xd[2];
    for (uint64_t pixel = 0; pixel < pixels; ++pixel) {
        const uint64_t ix = pixel % xd[2], iy = pixel / xd[2] % xd[1], n = pixel / xd[2] / xd[1];
        for (uint64_t c0 = 0; c0 < channels; c0 += LVK_SIDE_BY_SIDE) {
            const uint32_t side = at_most(channels - c0, LVK_SIDE_BY_SIDE);
            double sum[LVK_SIDE_BY_SIDE] = {0};
            for (uint32_t ky = 0; ky < wd[0]; ++ky)
                for (uint32_t kx = 0; kx < wd[1]; ++kx) {
                    uint64_t oy, ox;
                    if (!find_reader(iy, ky, a->pad_top, a->stride_h, yd[1], &oy) ||
                        !find_reader(ix, kx, a->pad_left, a->stride_w, yd[2], &ox))
                        continue;
                    const lvk_real *gradient = &dy[((n * yd[1] + oy) * yd[2] + ox) * outputs];
                    const lvk_real *weight = &w[((ky * wd[1] + kx) * channels + c0) * outputs];
                    for (uint64_t k = 0; k < outputs; ++k)
                        for (uint32_t j = 0; j < side; ++j)
                            sum[j] += (double)gradient[k] * weight[j * outputs + k];
                }
            for (uint32_t j = 0; j < side; ++j)
                dx[pixel * channels + c0 + j] = (lvk_real)sum[j];
        }
    }
}

/* dw[ky,kx,c,k] = sum over n,oy,ox of x[n, oy*stride_h + ky - pad_top, ox*stride_w + kx - pad_left, c] *
 * dy[n,oy,ox,k] */
void lvk_reference_conv2d_grad_weight(const lvk_reference_args *args) {
    const lvk_conv2d_attributes *a =
        &((const lvk_conv2d_grad_weight_attributes *)args->call->attributes)->conv;
    const lvk_real *x = args->inputs[0], *dy = args->inputs[1];
    lvk_real *dw = args->outputs[0];
    const uint32_t *xd = args->call->inputs[0].dim, *wd = args->call->outputs[0].dim,
                   *yd = args->call->inputs[1].dim;
    const uint64_t height = xd[1], width = xd[2], channels = xd[3], outputs = wd[3];
    for (uint64_t row = 0; row < wd[0] * wd[1] * channels; ++row) {
        const uint64_t c = row % channels, kx = row / channels % wd[1], ky = row / channels / wd[1];
        for (uint64_t k0 = 0; k0 < outputs; k0 += LVK_SIDE_BY_SIDE) {
            const uint32_t side = at_most(outputs - k0, LVK_SIDE_BY_SIDE);
            double sum[LVK_SIDE_BY_SIDE] = {0};
            for (uint64_t line = 0; line < (uint64_t)yd[0] * yd[1]; ++line) {
                const uint64_t n = line / yd[1], iy = line % yd[1] * a->stride_h + ky - a->pad_top;
                for (uint64_t ox = 0; iy < height && ox < yd[2]; ++ox) {
                    const uint64_t ix = ox * a->stride_w + kx - a->pad_left;
                    if (ix >= width)
                        continue;
                    const double value = x[((n * height + iy) * width + ix) * channels + c];
                    for (uint32_t j = 0; j < side; ++j)
                        sum[j] += value * dy[(line * yd[2] + ox) * outputs + k0 + j];
                }
            }
            for (uint32_t j = 0; j < side; ++j)
                dw[row * outputs + k0 + j] = (lvk_real)sum[j];
        }
    }
}
