/* dx of conv2d_relu_pool, without the products that pooling and ReLU make zero.
 *
 * The gradients of a row of windows are sorted into four lists a window, one a position. A position's gradients meet a 3 x 3
 * patch of dx; the two positions of one row and one row of taps meet four pixels side by side, whose sums stay in registers
 * while both lists are gone through. The lanes of a vector are channels of x. */
#include "cpu/conv_pool.h"

#include <string.h>

enum { POSITIONS = 4, PIXELS = 4 /* of dx that two positions side by side meet */ };

static size_t run_of(const lvk_cpu_pool_shape *s) {
    return (size_t)s->conv.kernel_w * s->conv.in_c;
}

uint64_t lvk_cpu_sparse_input_weights(const lvk_cpu_pool_shape *s) {
    return s->conv.kernel_h * run_of(s) * s->conv.out_c;
}

void lvk_cpu_sparse_input_prepare(const lvk_cpu_pool_shape *s, const float *w, float *weights) {
    const size_t run = run_of(s), outputs = s->conv.out_c;
    for (size_t ky = 0; ky < s->conv.kernel_h; ++ky)
        for (size_t k = 0; k < outputs; ++k)
            for (size_t r = 0; r < run; ++r)
                weights[(ky * outputs + k) * run + r] = w[(ky * run + r) * outputs + k];
}

uint64_t lvk_cpu_sparse_input_lists(const lvk_cpu_pool_shape *s) {
    return (s->conv.out_c * sizeof(lvk_pool_entry) + sizeof(uint32_t)) * POSITIONS * s->pool_w;
}

/* ---- adding up ---- */

/* The lists of the two positions of a row, left and right. */
typedef struct list_pair {
    const lvk_pool_entry *entries[2];
    uint32_t counts[2];
} list_pair;

#if defined __x86_64__
#include <immintrin.h>

/* dx[q][..] += sum over the entries of position `right` of gradient * weights[at + (q - right) * channels ..], for
 * q - right from 0 to 2, over `vectors` vectors of the channels. */
__attribute__((target("avx512f"))) static inline __attribute__((always_inline)) void
add_512(const list_pair *pair, const float *weights, size_t channels, float *dx, const int vectors) {
    __m512 sum[PIXELS][4];
    for (int q = 0; q < PIXELS; ++q)
        for (int v = 0; v < vectors; ++v)
            sum[q][v] = _mm512_loadu_ps(dx + (size_t)q * channels + v * 16);
    for (int right = 0; right < 2; ++right)
        for (uint32_t k = 0; k < pair->counts[right]; ++k) {
            const float *from = weights + pair->entries[right][k].at;
            const __m512 gradient = _mm512_set1_ps(pair->entries[right][k].gradient);
            for (int kx = 0; kx < 3; ++kx)
                for (int v = 0; v < vectors; ++v)
                    sum[right + kx][v] = _mm512_fmadd_ps(
                        gradient, _mm512_loadu_ps(from + (size_t)kx * channels + v * 16), sum[right + kx][v]);
        }
    for (int q = 0; q < PIXELS; ++q)
        for (int v = 0; v < vectors; ++v)
            _mm512_storeu_ps(dx + (size_t)q * channels + v * 16, sum[q][v]);
}

__attribute__((target("avx512f"))) static void add_512_4(const list_pair *pair, const float *weights,
                                                         size_t channels, float *dx) {
    add_512(pair, weights, channels, dx, 4);
}

__attribute__((target("avx512f"))) static void add_512_2(const list_pair *pair, const float *weights,
                                                         size_t channels, float *dx) {
    add_512(pair, weights, channels, dx, 2);
}

__attribute__((target("avx512f"))) static void add_512_1(const list_pair *pair, const float *weights,
                                                         size_t channels, float *dx) {
    add_512(pair, weights, channels, dx, 1);
}

__attribute__((target("avx2,fma"))) static inline __attribute__((always_inline)) void
add_256(const list_pair *pair, const float *weights, size_t channels, float *dx, const int vectors) {
    __m256 sum[PIXELS][2];
    for (int q = 0; q < PIXELS; ++q)
        for (int v = 0; v < vectors; ++v)
            sum[q][v] = _mm256_loadu_ps(dx + (size_t)q * channels + v * 8);
    for (int right = 0; right < 2; ++right)
        for (uint32_t k = 0; k < pair->counts[right]; ++k) {
            const float *from = weights + pair->entries[right][k].at;
            const __m256 gradient = _mm256_set1_ps(pair->entries[right][k].gradient);
            for (int kx = 0; kx < 3; ++kx)
                for (int v = 0; v < vectors; ++v)
                    sum[right + kx][v] = _mm256_fmadd_ps(
                        gradient, _mm256_loadu_ps(from + (size_t)kx * channels + v * 8), sum[right + kx][v]);
        }
    for (int q = 0; q < PIXELS; ++q)
        for (int v = 0; v < vectors; ++v)
            _mm256_storeu_ps(dx + (size_t)q * channels + v * 8, sum[q][v]);
}

__attribute__((target("avx2,fma"))) static void add_256_2(const list_pair *pair, const float *weights,
                                                          size_t channels, float *dx) {
    add_256(pair, weights, channels, dx, 2);
}

__attribute__((target("avx2,fma"))) static void add_256_1(const list_pair *pair, const float *weights,
                                                          size_t channels, float *dx) {
    add_256(pair, weights, channels, dx, 1);
}

/* All channels of the four pixels. */
static void add_pixels(lvk_cpu_isa isa, const list_pair *pair, const float *weights, size_t channels,
                       float *dx) {
    size_t c = 0;
    for (; isa == LVK_ISA_AVX512 && c + 64 <= channels; c += 64)
        add_512_4(pair, weights + c, channels, dx + c);
    for (; isa == LVK_ISA_AVX512 && c + 32 <= channels; c += 32)
        add_512_2(pair, weights + c, channels, dx + c);
    for (; isa == LVK_ISA_AVX512 && c + 16 <= channels; c += 16)
        add_512_1(pair, weights + c, channels, dx + c);
    for (; c + 16 <= channels; c += 16)
        add_256_2(pair, weights + c, channels, dx + c);
    for (; c < channels; c += 8)
        add_256_1(pair, weights + c, channels, dx + c);
}
#else
static void add_pixels(lvk_cpu_isa isa, const list_pair *pair, const float *weights, size_t channels,
                       float *dx) {
    (void)isa, (void)pair, (void)weights, (void)channels, (void)dx; /* lvk_cpu_sparse_input_unsupported() */
}
#endif

/* ---- lists ---- */

/* One window's gradients into its four lists. Without a branch: which positions won is as good as random. */
static void sort_window(uint32_t outputs, uint32_t run, const float *restrict dy,
                        const uint8_t *restrict index, lvk_pool_entry *restrict lists,
                        uint32_t *restrict counts) {
    uint32_t count[POSITIONS] = {0};
    for (uint32_t k = 0; k < outputs; ++k) {
        const uint32_t won = index[k], position = won & 3;
        lvk_pool_entry *entry = &lists[position * outputs + count[position]];
        entry->at = k * run;
        entry->gradient = dy[k];
        count[position] += won < 4;
    }
    memcpy(counts, count, sizeof count);
}

/* One row of windows: row `py` of image n. */
static void add_row(lvk_cpu_isa isa, const lvk_cpu_pool_shape *s, uint64_t n, uint32_t py,
                    const float *weights, const lvk_pool_entry *lists, const uint32_t *counts, float *dx) {
    const size_t outputs = s->conv.out_c, row = (size_t)s->conv.in_w * s->conv.in_c;
    for (uint32_t ky = 0; ky < s->conv.kernel_h; ++ky)
        for (uint32_t down = 0; down < 2; ++down) {
            float *to = dx + (n * s->conv.in_h + 2 * py + down + ky) * row;
            for (uint32_t px = 0; px < s->pool_w; ++px) {
                const size_t first = (size_t)px * POSITIONS + 2 * down;
                const list_pair pair = {.entries = {lists + first * outputs, lists + (first + 1) * outputs},
                                        .counts = {counts[first], counts[first + 1]}};
                add_pixels(isa, &pair, weights + ky * outputs * run_of(s), s->conv.in_c,
                           to + (size_t)2 * px * s->conv.in_c);
            }
        }
}

void lvk_cpu_sparse_input_images(lvk_cpu_isa isa, const lvk_cpu_pool_shape *s, const float *dy,
                                 const uint8_t *index, const float *weights, size_t first, size_t end,
                                 void *lists, float *dx) {
    const size_t outputs = s->conv.out_c, image = (size_t)s->conv.in_h * s->conv.in_w * s->conv.in_c;
    lvk_pool_entry *entries = lists;
    uint32_t *counts = (uint32_t *)(entries + POSITIONS * s->pool_w * outputs);
    memset(dx + first * image, 0, (end - first) * image * sizeof *dx);
    for (size_t n = first; n < end; ++n)
        for (uint32_t py = 0; py < s->pool_h; ++py) {
            for (uint32_t px = 0; px < s->pool_w; ++px) {
                const size_t window = ((n * s->pool_h + py) * s->pool_w + px) * outputs;
                sort_window(s->conv.out_c, (uint32_t)run_of(s), dy + window, index + window,
                            entries + (size_t)px * POSITIONS * outputs, counts + (size_t)px * POSITIONS);
            }
            add_row(isa, s, n, py, weights, entries, counts, dx);
        }
}

const char *lvk_cpu_sparse_input_unsupported(const lvk_cpu_pool_shape *s) {
    const char *reason = lvk_cpu_sparse_unsupported(s);
    if (reason)
        return reason;
    return s->conv.kernel_w != 3 || s->conv.in_c % 8 ? "made for kernels 3 wide and channels by eights"
                                                     : NULL;
}
