#include "cpu/winograd_transforms.h"

#include "cpu/gemm.h"

#include <string.h>

enum { SIDE = 4, TAPS = 9, LANES = LVK_WINOGRAD_LANES };

typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int bits __attribute__((vector_size(4 * LANES)));

static inline const lanes *at(const float *data) {
    return (const lanes *)data;
}

static inline lanes *to_at(float *data) {
    return (lanes *)data;
}

/* Where 16 channels from `c` on of position 0 of a tile lie. */
static inline size_t place_of(const lvk_winograd_tiles *t, size_t tile, size_t channels, size_t c) {
    if (!t->panels)
        return tile * t->tile + c;
    const size_t panel = c / LVK_GEMM_PANEL * LVK_GEMM_PANEL,
                 width = channels - panel < LVK_GEMM_PANEL ? channels - panel : LVK_GEMM_PANEL;
    return panel * t->tiles + tile * width + c - panel;
}

/* The pixels of a tile from (`top`, `left`) on, `side` by `side`; zeros outside of the image. */
static void find_pixels(const lvk_winograd_image *m, const float *x, const float *zeros, size_t tile,
                        ptrdiff_t side, const float *pixels[]) {
    const size_t n = tile / m->tiles_w / m->tiles_h;
    const ptrdiff_t top = 2 * (ptrdiff_t)(tile / m->tiles_w % m->tiles_h) - m->top,
                    left = 2 * (ptrdiff_t)(tile % m->tiles_w) - m->left;
    for (ptrdiff_t i = 0; i < side; ++i)
        for (ptrdiff_t j = 0; j < side; ++j) {
            const ptrdiff_t y = top + i, z = left + j;
            const bool inside = y >= 0 && z >= 0 && y < (ptrdiff_t)m->height && z < (ptrdiff_t)m->width;
            pixels[i * side + j] =
                inside ? x + ((n * m->height + (size_t)y) * m->width + (size_t)z) * m->channels : zeros;
        }
}

/* The rows of positions of a half: four positions each. */
static inline int first_row(lvk_winograd_half half) {
    return half == LVK_WINOGRAD_SECOND ? SIDE / 2 : 0;
}

static inline int end_row(lvk_winograd_half half) {
    return half == LVK_WINOGRAD_FIRST ? SIDE / 2 : SIDE;
}

/* ---- x ---- */

static inline __attribute__((always_inline)) void input_rows(const float *const d[SIDE * SIDE],
                                                             size_t channels, size_t tile,
                                                             const lvk_winograd_tiles *to,
                                                             const lvk_winograd_half half) {
    for (size_t c = 0; c < channels; c += LANES) {
        float *v = to->data + place_of(to, tile, channels, c);
        lanes rows[SIDE][SIDE];
        for (int j = 0; j < SIDE; ++j) {
            const lanes d1 = *at(d[4 + j] + c), d2 = *at(d[8 + j] + c);
            if (half != LVK_WINOGRAD_SECOND) {
                rows[0][j] = *at(d[j] + c) - d2;
                rows[1][j] = d1 + d2;
            }
            if (half != LVK_WINOGRAD_FIRST) {
                rows[2][j] = d2 - d1;
                rows[3][j] = d1 - *at(d[12 + j] + c);
            }
        }
        for (int i = first_row(half); i < end_row(half); ++i) {
            float *row = v + (size_t)(4 * i) * to->position;
            *to_at(row) = rows[i][0] - rows[i][2];
            *to_at(row + to->position) = rows[i][1] + rows[i][2];
            *to_at(row + 2 * to->position) = rows[i][2] - rows[i][1];
            *to_at(row + 3 * to->position) = rows[i][1] - rows[i][3];
        }
    }
}

/* A function of each half, whose loops are then without conditions. */
#define EACH_HALF(half, run, ...)                                                                            \
    ((half) == LVK_WINOGRAD_FIRST    ? run(__VA_ARGS__, LVK_WINOGRAD_FIRST)                                  \
     : (half) == LVK_WINOGRAD_SECOND ? run(__VA_ARGS__, LVK_WINOGRAD_SECOND)                                 \
                                     : run(__VA_ARGS__, LVK_WINOGRAD_BOTH))

LVK_CPU_VECTORS
static void input_tile(const float *const d[SIDE * SIDE], size_t channels, size_t tile,
                       lvk_winograd_half half, const lvk_winograd_tiles *to) {
    EACH_HALF(half, input_rows, d, channels, tile, to);
}

void lvk_winograd_input(const lvk_winograd_image *image, const float *x, const float *zeros, size_t first,
                        size_t begin, size_t end, lvk_winograd_half half, const lvk_winograd_tiles *to) {
    for (size_t t = begin; t < end; ++t) {
        const float *pixels[SIDE * SIDE];
        find_pixels(image, x, zeros, first + t, SIDE, pixels);
        input_tile(pixels, image->channels, t, half, to);
    }
}

/* ---- y ---- */

/* What is added to a tile's pixels, and where they go; y[i] NULL: outside of the image. */
typedef struct output_tile {
    const float *bias, *residual[4];
    float *y[4];
    bool relu;
} output_tile;

LVK_CPU_VECTORS
static void output_tile_run(const output_tile *o, const lvk_winograd_tiles *from, size_t channels,
                            size_t tile) {
    for (size_t c = 0; c < channels; c += LANES) {
        const float *m = from->data + place_of(from, tile, channels, c);
        lanes rows[2][SIDE], sums[4];
        for (int j = 0; j < SIDE; ++j) {
            const lanes m0 = *at(m + (size_t)j * from->position),
                        m1 = *at(m + (size_t)(4 + j) * from->position),
                        m2 = *at(m + (size_t)(8 + j) * from->position),
                        m3 = *at(m + (size_t)(12 + j) * from->position);
            rows[0][j] = m0 + m1 + m2;
            rows[1][j] = m1 - m2 - m3;
        }
        for (int i = 0; i < 2; ++i) {
            sums[2 * i] = rows[i][0] + rows[i][1] + rows[i][2];
            sums[2 * i + 1] = rows[i][1] - rows[i][2] - rows[i][3];
        }
        for (int i = 0; i < 4; ++i) {
            if (!o->y[i])
                continue;
            lanes sum = sums[i];
            if (o->bias)
                sum += *at(o->bias + c);
            if (o->residual[i])
                sum += *at(o->residual[i] + c);
            if (o->relu)
                sum = (lanes)((bits)sum & ~(sum < 0)); /* NaN stays */
            *to_at(o->y[i] + c) = sum;
        }
    }
}

void lvk_winograd_output(const lvk_winograd_image *m, const lvk_winograd_tiles *from, size_t first,
                         size_t begin, size_t end, const float *bias, const float *residual, bool relu,
                         float *y) {
    for (size_t t = begin; t < end; ++t) {
        const size_t tile = first + t, n = tile / m->tiles_w / m->tiles_h,
                     top = tile / m->tiles_w % m->tiles_h * 2, left = tile % m->tiles_w * 2;
        output_tile o = {.bias = bias, .relu = relu};
        for (size_t i = 0; i < 4; ++i) {
            const size_t row = top + i / 2, column = left + i % 2;
            if (row >= m->height || column >= m->width)
                continue;
            const size_t pixel = ((n * m->height + row) * m->width + column) * m->channels;
            o.y[i] = y + pixel;
            o.residual[i] = residual ? residual + pixel : NULL;
        }
        output_tile_run(&o, from, m->channels, t);
    }
}

static inline __attribute__((always_inline)) void output_grad_rows(const float *const y[4], size_t channels,
                                                                   size_t tile, const lvk_winograd_tiles *to,
                                                                   const lvk_winograd_half half) {
    for (size_t c = 0; c < channels; c += LANES) {
        float *m = to->data + place_of(to, tile, channels, c);
        const lanes y0 = *at(y[0] + c), y1 = *at(y[1] + c), y2 = *at(y[2] + c), y3 = *at(y[3] + c);
        const lanes rows[SIDE][2] = {{y0, y1}, {y0 + y2, y1 + y3}, {y0 - y2, y1 - y3}, {-y2, -y3}};
        for (int i = first_row(half); i < end_row(half); ++i) {
            float *row = m + (size_t)(4 * i) * to->position;
            *to_at(row) = rows[i][0];
            *to_at(row + to->position) = rows[i][0] + rows[i][1];
            *to_at(row + 2 * to->position) = rows[i][0] - rows[i][1];
            *to_at(row + 3 * to->position) = -rows[i][1];
        }
    }
}

LVK_CPU_VECTORS
static void output_grad_tile(const float *const y[4], size_t channels, size_t tile, lvk_winograd_half half,
                             const lvk_winograd_tiles *to) {
    EACH_HALF(half, output_grad_rows, y, channels, tile, to);
}

void lvk_winograd_output_grad(const lvk_winograd_image *image, const float *dy, const float *zeros,
                              size_t first, size_t begin, size_t end, lvk_winograd_half half,
                              const lvk_winograd_tiles *to) {
    for (size_t t = begin; t < end; ++t) {
        const float *pixels[4];
        find_pixels(image, dy, zeros, first + t, 2, pixels);
        output_grad_tile(pixels, image->channels, t, half, to);
    }
}

/* ---- w ---- */

/* One input and 16 outputs: their taps, and position 0 of what is made of them. */
static inline __attribute__((always_inline)) void
weights_rows(const float *const taps[TAPS], float *u, size_t position, const lvk_winograd_half half) {
    lanes rows[SIDE][3];
    for (int j = 0; j < 3; ++j) {
        const lanes g0 = *at(taps[j]), g1 = *at(taps[3 + j]), g2 = *at(taps[6 + j]);
        rows[0][j] = g0;
        rows[1][j] = (g0 + g1 + g2) * 0.5F;
        rows[2][j] = (g0 - g1 + g2) * 0.5F;
        rows[3][j] = g2;
    }
    for (int i = first_row(half); i < end_row(half); ++i) {
        const lanes g0 = rows[i][0], g1 = rows[i][1], g2 = rows[i][2];
        float *row = u + (size_t)(4 * i) * position;
        *to_at(row) = g0;
        *to_at(row + position) = (g0 + g1 + g2) * 0.5F;
        *to_at(row + 2 * position) = (g0 - g1 + g2) * 0.5F;
        *to_at(row + 3 * position) = g2;
    }
}

LVK_CPU_VECTORS
static void weights_lanes(const float *const taps[TAPS], lvk_winograd_half half, float *u, size_t position) {
    EACH_HALF(half, weights_rows, taps, u, position);
}

#if defined __x86_64__
#include <immintrin.h>

__attribute__((target("avx2"))) static void transpose_8(const float *from, size_t stride, float *to) {
    __m256 a[8], b[8];
    for (size_t i = 0; i < 8; ++i)
        a[i] = _mm256_loadu_ps(from + i * stride);
    for (int i = 0; i < 8; i += 2) {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
        a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xee);
        a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
        a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xee);
    }
    for (size_t i = 0; i < 4; ++i) {
        _mm256_storeu_ps(to + i * LANES, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
        _mm256_storeu_ps(to + (i + 4) * LANES, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
    }
}
#else
static void transpose_8(const float *from, size_t stride, float *to) {
    for (size_t i = 0; i < 8; ++i)
        for (size_t j = 0; j < 8; ++j)
            to[j * LANES + i] = from[i * stride + j];
}
#endif

/* to[j][i] = from[i * stride + j], 16 by 16 */
static void transpose(const float *from, size_t stride, float *to) {
    for (size_t i = 0; i < LANES; i += 8)
        for (size_t j = 0; j < LANES; j += 8)
            transpose_8(from + i * stride + j, stride, to + j * LANES + i);
}

/* 16 inputs and 16 outputs of w [3, 3, out, in]. */
static void weights_flipped(const lvk_winograd_kernel *g, size_t c, size_t k, lvk_winograd_half half,
                            const lvk_winograd_tiles *panels) {
    float block[TAPS][LANES * LANES];
    for (size_t tap = 0; tap < TAPS; ++tap)
        transpose(g->w + ((TAPS - 1 - tap) * g->out + k) * g->in + c, g->in, block[tap]);
    for (size_t i = 0; i < LANES; ++i) {
        const float *taps[TAPS];
        for (size_t tap = 0; tap < TAPS; ++tap)
            taps[tap] = block[tap] + i * LANES;
        weights_lanes(taps, half, panels->data + place_of(panels, c + i, g->to - g->from, k - g->from),
                      panels->position);
    }
}

void lvk_winograd_weights(const lvk_winograd_kernel *kernel, size_t begin, size_t end, lvk_winograd_half half,
                          float *u, size_t position) {
    const lvk_winograd_kernel *g = kernel;
    const lvk_winograd_tiles panels = {.data = u, .position = position, .panels = true, .tiles = g->in};
    for (size_t c = begin; g->flip && c < end; c += LANES)
        for (size_t k = g->from; k < g->to; k += LANES)
            weights_flipped(g, c, k, half, &panels);
    for (size_t c = begin; !g->flip && c < end; ++c)
        for (size_t k = g->from; k < g->to; k += LANES) {
            const float *taps[TAPS];
            for (size_t tap = 0; tap < TAPS; ++tap)
                taps[tap] = g->w + (tap * g->in + c) * g->out + k;
            weights_lanes(taps, half, u + place_of(&panels, c, g->to - g->from, k - g->from), position);
        }
}

LVK_CPU_VECTORS
static void weights_grad_row(const float *du, size_t position, size_t in, size_t out, size_t c, float *dw) {
    for (size_t k = 0; k < out; k += LANES) {
        const float *from = du + c * out + k;
        float *to = dw + c * out + k;
        lanes rows[3][SIDE];
        for (int j = 0; j < SIDE; ++j) {
            const float *column = from + (size_t)j * position;
            const lanes u0 = *at(column), u1 = *at(column + 4 * position), u2 = *at(column + 8 * position),
                        u3 = *at(column + 12 * position);
            const lanes half = (u1 + u2) * 0.5F;
            rows[0][j] = u0 + half;
            rows[1][j] = (u1 - u2) * 0.5F;
            rows[2][j] = half + u3;
        }
        for (int i = 0; i < 3; ++i, to += 3 * in * out) {
            const lanes half = (rows[i][1] + rows[i][2]) * 0.5F;
            *to_at(to) = rows[i][0] + half;
            *to_at(to + in * out) = (rows[i][1] - rows[i][2]) * 0.5F;
            *to_at(to + 2 * in * out) = half + rows[i][3];
        }
    }
}

void lvk_winograd_weights_grad(const float *du, size_t position, size_t in, size_t out, size_t begin,
                               size_t end, float *dw) {
    for (size_t c = begin; c < end; ++c)
        weights_grad_row(du, position, in, out, c, dw);
}
