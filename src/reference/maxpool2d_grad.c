#include "ops/maxpool2d.h"

#include "reference/reference.h"

/* The sum of dy, in row-major order, over the windows whose maximum is image element (y, x). The element is
 * in row y + pad_top of the padded image; window oy starts at row oy * stride_h. */
static double gather(const lvk_maxpool2d_attributes *pool, const lvk_real *dy, const uint8_t *index,
                     const lvk_type *out, uint32_t y, uint32_t x, uint32_t c) {
    double sum = 0;
    for (uint32_t ky = pool->window_h; ky-- > 0;)
        for (uint32_t kx = pool->window_w; kx-- > 0;) {
            const int64_t top = (int64_t)y + pool->pad_top - ky, left = (int64_t)x + pool->pad_left - kx;
            if (top < 0 || left < 0 || top % pool->stride_h || left % pool->stride_w)
                continue;
            const uint64_t oy = (uint64_t)top / pool->stride_h, ox = (uint64_t)left / pool->stride_w;
            if (oy >= out->dim[1] || ox >= out->dim[2])
                continue;
            const uint64_t i = (oy * out->dim[2] + ox) * out->dim[3] + c;
            if (index[i] == ky * pool->window_w + kx)
                sum += (double)dy[i];
        }
    return sum;
}

void lvk_reference_maxpool2d_grad(const lvk_reference_args *args) {
    const lvk_maxpool2d_grad_attributes *attributes = args->call->attributes;
    const lvk_real *dy = args->inputs[0];
    const uint8_t *index = args->inputs[1];
    lvk_real *dx = args->outputs[0];
    const lvk_type *in = &args->call->outputs[0], *out = &args->call->inputs[0];
    const uint64_t row = lvk_type_row_count(out);
    for (uint32_t n = 0; n < in->dim[0]; ++n)
        for (uint32_t y = 0; y < in->dim[1]; ++y)
            for (uint32_t x = 0; x < in->dim[2]; ++x)
                for (uint32_t c = 0; c < in->dim[3]; ++c)
                    *dx++ = (lvk_real)gather(&attributes->pool, dy + n * row, index + n * row, out, y, x, c);
}
