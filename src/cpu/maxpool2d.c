/* Max pooling and its gradient, channel by channel side by side. */
#include "ops/maxpool2d.h"

#include "cpu/kernels.h"
#include "cpu/vectors.h"

#include <string.h>

enum { CHANNELS = 64 }; /* at a time: their maxima stay in registers or in the first cache */

typedef struct pooling {
    const lvk_maxpool2d_attributes *pool;
    const float *from;
    float *to;
    uint8_t *index;
    size_t rows, in_h, in_w, out_h, out_w, channels; /* rows of `to`, in all images */
    unsigned parts;
} pooling;

/* ---- forward ---- */

/* The first maximum: only a larger value replaces the best so far. `x` NULL: a pixel of the border of zeros. */
LVK_CPU_VECTORS
static void take_larger(const float *restrict x, int32_t position, size_t count, float *restrict best,
                        int32_t *restrict won) {
    for (size_t c = 0; c < count; ++c) {
        const float value = x[c];
        won[c] = value > best[c] ? position : won[c];
        best[c] = value > best[c] ? value : best[c];
    }
}

static const float zeros[CHANNELS];

/* The pixel at (y, x) of the padded image, channels from c on. */
static const float *pixel(const pooling *p, const float *image, size_t y, size_t x, size_t c, bool *inside) {
    const uint64_t top = y - p->pool->pad_top, left = x - p->pool->pad_left; /* huge where negative */
    *inside = top < p->in_h && left < p->in_w;
    return *inside ? image + (top * p->in_w + left) * p->channels + c : zeros;
}

static void pool_window(const pooling *p, const float *image, size_t oy, size_t ox, size_t c, float *y,
                        uint8_t *index) {
    const size_t count = p->channels - c < CHANNELS ? p->channels - c : CHANNELS;
    int32_t won[CHANNELS];
    for (uint32_t k = 0; k < p->pool->window_h * p->pool->window_w; ++k) {
        bool inside;
        const float *x = pixel(p, image, oy * p->pool->stride_h + k / p->pool->window_w,
                               ox * p->pool->stride_w + k % p->pool->window_w, c, &inside);
        const int32_t position = inside ? (int32_t)k : LVK_MAXPOOL2D_PADDING;
        if (k > 0) {
            take_larger(x, position, count, y, won);
            continue;
        }
        memcpy(y, x, count * sizeof *y);
        for (size_t i = 0; i < count; ++i)
            won[i] = position;
    }
    for (size_t i = 0; i < count; ++i)
        index[i] = (uint8_t)won[i];
}

static void pool_part(void *user, unsigned part) {
    const pooling *p = user;
    size_t begin, end;
    lvk_cpu_range(p->rows, part, p->parts, &begin, &end);
    for (size_t r = begin; r < end; ++r) {
        const float *image = p->from + r / p->out_h * p->in_h * p->in_w * p->channels;
        for (size_t x = 0; x < p->out_w; ++x)
            for (size_t c = 0; c < p->channels; c += CHANNELS) {
                const size_t to = (r * p->out_w + x) * p->channels + c;
                pool_window(p, image, r % p->out_h, x, c, p->to + to, p->index + to);
            }
    }
}

static lvk_status pool_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const lvk_type *x = &task->call->inputs[0], *y = &task->call->outputs[0];
    pooling p = {.pool = task->call->attributes,
                 .from = args->inputs[0],
                 .to = args->outputs[0],
                 .index = args->outputs[1],
                 .rows = (size_t)y->dim[0] * y->dim[1],
                 .in_h = x->dim[1],
                 .in_w = x->dim[2],
                 .out_h = y->dim[1],
                 .out_w = y->dim[2],
                 .channels = x->dim[3],
                 .parts = lvk_cpu_parts(task, lvk_type_count(x))};
    lvk_cpu_parallel(task->threads, p.parts, pool_part, &p);
    return LVK_OK;
}

const lvk_cpu_kernel lvk_cpu_maxpool2d[] = {
    {.candidate = {.name = "vectors"}, .run = pool_run},
    LVK_CPU_ROWS,
};

/* ---- gradient ---- */

typedef struct unpooling {
    const lvk_maxpool2d_attributes *pool;
    const float *dy;
    const uint8_t *index;
    float *dx;
    size_t rows, in_h, in_w, out_h, out_w, channels; /* rows of dx, in all images */
    unsigned parts;
} unpooling;

/* dx[c] += dy[c] where the position won */
LVK_CPU_VECTORS
static void add_winners(const float *restrict dy, const uint8_t *restrict index, uint8_t position,
                        size_t count, float *restrict dx) {
    for (size_t c = 0; c < count; ++c)
        dx[c] += index[c] == position ? dy[c] : 0;
}

/* What the windows of row `oy` give to row `y` of dx, image n. */
static void add_row(const unpooling *u, size_t n, size_t y, size_t oy, float *dx) {
    const lvk_maxpool2d_attributes *pool = u->pool;
    const size_t ky = y + pool->pad_top - oy * pool->stride_h;
    for (size_t ox = 0; ox < u->out_w; ++ox) {
        const size_t window = ((n * u->out_h + oy) * u->out_w + ox) * u->channels;
        for (size_t kx = 0; kx < pool->window_w; ++kx) {
            const uint64_t x = ox * pool->stride_w + kx - pool->pad_left; /* huge where negative */
            if (x < u->in_w)
                add_winners(u->dy + window, u->index + window, (uint8_t)(ky * pool->window_w + kx),
                            u->channels, dx + x * u->channels);
        }
    }
}

static void unpool_part(void *user, unsigned part) {
    const unpooling *u = user;
    const size_t row = u->in_w * u->channels;
    size_t begin, end;
    lvk_cpu_range(u->rows, part, u->parts, &begin, &end);
    memset(u->dx + begin * row, 0, (end - begin) * row * sizeof *u->dx);
    for (size_t r = begin; r < end; ++r) {
        const size_t y = r % u->in_h, padded = y + u->pool->pad_top;
        for (size_t ky = u->pool->window_h; ky-- > 0;)
            if (padded >= ky && (padded - ky) % u->pool->stride_h == 0 &&
                (padded - ky) / u->pool->stride_h < u->out_h)
                add_row(u, r / u->in_h, y, (padded - ky) / u->pool->stride_h, u->dx + r * row);
    }
}

static lvk_status unpool_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const lvk_maxpool2d_grad_attributes *attributes = task->call->attributes;
    const lvk_type *y = &task->call->inputs[0], *x = &task->call->outputs[0];
    unpooling u = {.pool = &attributes->pool,
                   .dy = args->inputs[0],
                   .index = args->inputs[1],
                   .dx = args->outputs[0],
                   .rows = (size_t)x->dim[0] * x->dim[1],
                   .in_h = x->dim[1],
                   .in_w = x->dim[2],
                   .out_h = y->dim[1],
                   .out_w = y->dim[2],
                   .channels = x->dim[3],
                   .parts = lvk_cpu_parts(task, lvk_type_count(x))};
    lvk_cpu_parallel(task->threads, u.parts, unpool_part, &u);
    return LVK_OK;
}

const lvk_cpu_kernel lvk_cpu_maxpool2d_grad[] = {
    {.candidate = {.name = "vectors"}, .run = unpool_run},
    LVK_CPU_ROWS,
};
