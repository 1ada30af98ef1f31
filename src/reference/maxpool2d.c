#include "ops/maxpool2d.h"

#include "reference/reference.h"

/* An element of the padded image. y and x count from the upper left corner of the image without padding. */
static lvk_real padded(const lvk_real *image, const lvk_type *type, int64_t y, int64_t x, uint32_t c,
                       bool *inside) {
    *inside = y >= 0 && y < type->dim[1] && x >= 0 && x < type->dim[2];
    return *inside ? image[(y * type->dim[2] + x) * type->dim[3] + c] : 0;
}

/* The first maximum of a window in row-major order, since only a larger value replaces the best so far. */
static lvk_real first_maximum(const lvk_maxpool2d_attributes *pool, const lvk_real *image,
                              const lvk_type *type, uint32_t oy, uint32_t ox, uint32_t c, uint8_t *index) {
    lvk_real best = 0;
    for (uint32_t ky = 0; ky < pool->window_h; ++ky)
        for (uint32_t kx = 0; kx < pool->window_w; ++kx) {
            bool inside;
            const lvk_real value = padded(image, type, (int64_t)oy * pool->stride_h + ky - pool->pad_top,
                                          (int64_t)ox * pool->stride_w + kx - pool->pad_left, c, &inside);
            if ((ky == 0 && kx == 0) || value > best) {
                best = value;
                *index = inside ? (uint8_t)(ky * pool->window_w + kx) : LVK_MAXPOOL2D_PADDING;
            }
        }
    return best;
}

/* y[n][oy][ox][c] = the maximum of its window, index[n][oy][ox][c] = its position */
void lvk_reference_maxpool2d(const lvk_reference_args *args) {
    const lvk_real *x = args->inputs[0];
    lvk_real *y = args->outputs[0];
    uint8_t *index = args->outputs[1];
    const lvk_type *in = &args->call->inputs[0], *out = &args->call->outputs[0];
    uint64_t i = 0;
    for (uint32_t n = 0; n < out->dim[0]; ++n)
        for (uint32_t oy = 0; oy < out->dim[1]; ++oy)
            for (uint32_t ox = 0; ox < out->dim[2]; ++ox)
                for (uint32_t c = 0; c < out->dim[3]; ++c, ++i)
                    y[i] = first_maximum(args->call->attributes, x + n * lvk_type_row_count(in), in, oy, ox,
                                         c, &index[i]);
}
