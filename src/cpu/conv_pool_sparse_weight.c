/* dw and db of conv2d_relu_pool, without the products that pooling and ReLU make zero.
 *
 * A tile of windows, as large as the first cache likes, is gone through twice: its gradients are appended to one list an output
 * channel, each with the place of its position in x; then, for each output channel, what its list names is added up. Under one
 * row of taps all channels of x that a position meets lie side by side, so that the lanes of a vector are taps and channels. */
#include "cpu/conv_pool.h"

#include <string.h>

enum {
    TILE_BYTES = 32 << 10,
    LIST_BYTES = 24 << 10,
    VECTOR = 16 /* floats; rows of sums are padded to it */
};

static uint32_t run_of(const lvk_cpu_pool_shape *s) { /* floats of x side by side under a row of taps */
    return s->conv.kernel_w * s->conv.in_c;
}

static size_t padded_run(const lvk_cpu_pool_shape *s) {
    return (run_of(s) + VECTOR - 1) / VECTOR * VECTOR;
}

static size_t sums_of_output(const lvk_cpu_pool_shape *s) {
    return s->conv.kernel_h * padded_run(s);
}

/* Windows of a tile. */
typedef struct tile {
    uint32_t height, width;
} tile;

static bool tile_fits(const lvk_cpu_pool_shape *s, tile t) {
    const uint64_t pixels =
        (uint64_t)(2 * t.height + s->conv.kernel_h - 1) * (2 * t.width + s->conv.kernel_w - 1);
    return pixels * s->conv.in_c * sizeof(float) <= TILE_BYTES &&
           (uint64_t)t.height * t.width * s->conv.out_c * sizeof(lvk_pool_entry) <= LIST_BYTES;
}

static tile tile_of(const lvk_cpu_pool_shape *s) {
    tile t = {1, 1};
    for (tile larger = t; tile_fits(s, larger); t = larger)
        if (larger.width <= larger.height)
            ++larger.width;
        else
            ++larger.height;
    return t;
}

uint64_t lvk_cpu_sparse_weight_lists(const lvk_cpu_pool_shape *s) {
    const tile t = tile_of(s);
    return ((uint64_t)t.height * t.width * sizeof(lvk_pool_entry) + sizeof(uint32_t)) * s->conv.out_c;
}

uint64_t lvk_cpu_sparse_weight_sums(const lvk_cpu_pool_shape *s) {
    return (s->conv.out_c * sums_of_output(s) + s->conv.out_c + VECTOR - 1) / VECTOR * VECTOR;
}

/* ---- adding up a list ---- */

/* sums[r][..] += gradient * x[at + r * row ..] for all entries, over rows of taps and vectors of a run; the last vector
 * has `tail` floats, 0: all. */
typedef void add_list(const lvk_pool_entry *entries, uint32_t count, const float *x, size_t row,
                      uint32_t tail, float *sums, size_t sums_row);

#define LVK_ADD_LIST(name, rows, vectors)                                                                    \
    LVK_TARGET static void name(const lvk_pool_entry *entries, uint32_t count, const float *x, size_t row,   \
                                uint32_t tail, float *sums, size_t sums_row) {                               \
        add_list_body(entries, count, x, row, tail, sums, sums_row, rows, vectors);                          \
    }

#if defined __x86_64__
#include <immintrin.h>

#define LVK_TARGET    __attribute__((target("avx512f")))
#define add_list_body add_list_512
LVK_TARGET static inline __attribute__((always_inline)) void
add_list_512(const lvk_pool_entry *entries, uint32_t count, const float *x, size_t row, uint32_t tail,
             float *sums, size_t sums_row, const int rows, const int vectors) {
    const __mmask16 last = tail ? (__mmask16)((1U << tail) - 1) : (__mmask16)0xffff;
    __m512 sum[3][12];
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v)
            sum[r][v] = _mm512_setzero_ps();
    for (uint32_t k = 0; k < count; ++k) {
        const float *from = x + entries[k].at;
        const __m512 gradient = _mm512_set1_ps(entries[k].gradient);
        for (int r = 0; r < rows; ++r)
            for (int v = 0; v < vectors; ++v) {
                const float *at = from + (size_t)r * row + v * 16;
                const __m512 value = v == vectors - 1 ? _mm512_maskz_loadu_ps(last, at) : _mm512_loadu_ps(at);
                sum[r][v] = _mm512_fmadd_ps(gradient, value, sum[r][v]);
            }
    }
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v) {
            float *to = sums + (size_t)r * sums_row + v * 16;
            _mm512_storeu_ps(to, _mm512_add_ps(_mm512_loadu_ps(to), sum[r][v]));
        }
}
LVK_ADD_LIST(add512_3_1, 3, 1)
LVK_ADD_LIST(add512_3_2, 3, 2)
LVK_ADD_LIST(add512_3_3, 3, 3)
LVK_ADD_LIST(add512_3_4, 3, 4)
LVK_ADD_LIST(add512_3_5, 3, 5)
LVK_ADD_LIST(add512_3_6, 3, 6)
LVK_ADD_LIST(add512_1_1, 1, 1)
LVK_ADD_LIST(add512_1_2, 1, 2)
LVK_ADD_LIST(add512_1_3, 1, 3)
LVK_ADD_LIST(add512_1_4, 1, 4)
LVK_ADD_LIST(add512_1_5, 1, 5)
LVK_ADD_LIST(add512_1_6, 1, 6)
LVK_ADD_LIST(add512_1_7, 1, 7)
LVK_ADD_LIST(add512_1_8, 1, 8)
LVK_ADD_LIST(add512_1_9, 1, 9)
LVK_ADD_LIST(add512_1_10, 1, 10)
LVK_ADD_LIST(add512_1_11, 1, 11)
LVK_ADD_LIST(add512_1_12, 1, 12)
#undef LVK_TARGET
#undef add_list_body

#define LVK_TARGET    __attribute__((target("avx2,fma")))
#define add_list_body add_list_256
LVK_TARGET static inline __attribute__((always_inline)) void
add_list_256(const lvk_pool_entry *entries, uint32_t count, const float *x, size_t row, uint32_t tail,
             float *sums, size_t sums_row, const int rows, const int vectors) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i last = _mm256_cmpgt_epi32(_mm256_set1_epi32(tail ? (int32_t)tail : 8), lanes);
    __m256 sum[3][12];
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v)
            sum[r][v] = _mm256_setzero_ps();
    for (uint32_t k = 0; k < count; ++k) {
        const float *from = x + entries[k].at;
        const __m256 gradient = _mm256_set1_ps(entries[k].gradient);
        for (int r = 0; r < rows; ++r)
            for (int v = 0; v < vectors; ++v) {
                const float *at = from + (size_t)r * row + v * 8;
                const __m256 value = v == vectors - 1 ? _mm256_maskload_ps(at, last) : _mm256_loadu_ps(at);
                sum[r][v] = _mm256_fmadd_ps(gradient, value, sum[r][v]);
            }
    }
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v) {
            float *to = sums + (size_t)r * sums_row + v * 8;
            _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), sum[r][v]));
        }
}
LVK_ADD_LIST(add256_3_1, 3, 1)
LVK_ADD_LIST(add256_3_2, 3, 2)
LVK_ADD_LIST(add256_3_3, 3, 3)
LVK_ADD_LIST(add256_3_4, 3, 4)
LVK_ADD_LIST(add256_1_1, 1, 1)
LVK_ADD_LIST(add256_1_2, 1, 2)
LVK_ADD_LIST(add256_1_3, 1, 3)
LVK_ADD_LIST(add256_1_4, 1, 4)
LVK_ADD_LIST(add256_1_5, 1, 5)
LVK_ADD_LIST(add256_1_6, 1, 6)
LVK_ADD_LIST(add256_1_7, 1, 7)
LVK_ADD_LIST(add256_1_8, 1, 8)
LVK_ADD_LIST(add256_1_9, 1, 9)
LVK_ADD_LIST(add256_1_10, 1, 10)
LVK_ADD_LIST(add256_1_11, 1, 11)
LVK_ADD_LIST(add256_1_12, 1, 12)
#undef LVK_TARGET
#undef add_list_body

/* What an instruction set has: functions for three rows of taps at once, as long as the sums fit its registers, and for one. */
typedef struct list_adders {
    uint32_t lanes, most_joined, most; /* vectors */
    add_list *joined[6], *single[12];
} list_adders;

static const list_adders adders[] = {
    [LVK_ISA_AVX2] = {.lanes = 8,
                      .most_joined = 4,
                      .most = 12,
                      .joined = {add256_3_1, add256_3_2, add256_3_3, add256_3_4},
                      .single = {add256_1_1, add256_1_2, add256_1_3, add256_1_4, add256_1_5, add256_1_6,
                                 add256_1_7, add256_1_8, add256_1_9, add256_1_10, add256_1_11, add256_1_12}},
    [LVK_ISA_AVX512] = {.lanes = 16,
                        .most_joined = 6,
                        .most = 12,
                        .joined = {add512_3_1, add512_3_2, add512_3_3, add512_3_4, add512_3_5, add512_3_6},
                        .single = {add512_1_1, add512_1_2, add512_1_3, add512_1_4, add512_1_5, add512_1_6,
                                   add512_1_7, add512_1_8, add512_1_9, add512_1_10, add512_1_11,
                                   add512_1_12}},
};

static void add_output(lvk_cpu_isa isa, const lvk_cpu_pool_shape *s, const lvk_pool_entry *entries,
                       uint32_t count, const float *x, float *sums) {
    const list_adders *a = &adders[isa];
    const uint32_t run = run_of(s), vectors = (run + a->lanes - 1) / a->lanes, tail = run % a->lanes;
    const size_t row = (size_t)s->conv.in_w * s->conv.in_c, sums_row = padded_run(s);
    if (s->conv.kernel_h == 3 && vectors <= a->most_joined) {
        a->joined[vectors - 1](entries, count, x, row, tail, sums, sums_row);
        return;
    }
    for (uint32_t ky = 0; ky < s->conv.kernel_h; ++ky)
        for (uint32_t v = 0; v < vectors; v += a->most) {
            const uint32_t some = vectors - v < a->most ? vectors - v : a->most;
            const size_t skipped = (size_t)v * a->lanes;
            a->single[some - 1](entries, count, x + ky * row + skipped, row, v + some == vectors ? tail : 0,
                                sums + ky * sums_row + skipped, sums_row);
        }
}
#else
static void add_output(lvk_cpu_isa isa, const lvk_cpu_pool_shape *s, const lvk_pool_entry *entries,
                       uint32_t count, const float *x, float *sums) {
    (void)isa, (void)s, (void)entries, (void)count, (void)x,
        (void)sums; /* lvk_cpu_sparse_weight_unsupported() */
}
#endif

/* ---- lists ---- */

/* Appends a window's gradients, one an output channel, each to its channel's list. Without a branch: which positions won is as
 * good as random. */
static void append(lvk_pool_entry *restrict lists, uint32_t *restrict counts, uint32_t capacity,
                   uint32_t outputs, const uint32_t at[restrict 4], const uint8_t *restrict index,
                   const float *restrict dy) {
    for (uint32_t k = 0; k < outputs; ++k, lists += capacity) {
        const uint32_t count = counts[k], won = index[k];
        lists[count].at = at[won & 3];
        lists[count].gradient = dy[k];
        counts[k] = count + (won < 4);
    }
}

/* The windows of the tile whose first one is (top, left) of image n. */
static void list_tile(const lvk_cpu_pool_shape *s, tile t, uint64_t n, uint32_t top, uint32_t left,
                      const float *dy, const uint8_t *index, lvk_pool_entry *lists, uint32_t *counts) {
    memset(counts, 0, s->conv.out_c * sizeof *counts);
    for (uint32_t y = 0; y < t.height && top + y < s->pool_h; ++y)
        for (uint32_t x = 0; x < t.width && left + x < s->pool_w; ++x) {
            const size_t window = ((n * s->pool_h + top + y) * s->pool_w + left + x) * s->conv.out_c;
            uint32_t at[4];
            for (uint32_t p = 0; p < 4; ++p)
                at[p] = ((2 * y + p / 2) * s->conv.in_w + 2 * x + p % 2) * s->conv.in_c;
            append(lists, counts, t.height * t.width, s->conv.out_c, at, index + window, dy + window);
        }
}

void lvk_cpu_sparse_weight_part(lvk_cpu_isa isa, const lvk_cpu_pool_shape *s, const float *x, const float *dy,
                                const uint8_t *index, unsigned part, unsigned parts, void *lists,
                                float *sums) {
    const tile t = tile_of(s);
    const uint32_t capacity = t.height * t.width, outputs = s->conv.out_c;
    const uint32_t down = (s->pool_h + t.height - 1) / t.height, across = (s->pool_w + t.width - 1) / t.width;
    const uint64_t tiles = (uint64_t)s->conv.batch * down * across;
    lvk_pool_entry *entries = lists;
    uint32_t *counts = (uint32_t *)(entries + (size_t)capacity * outputs);
    float *db = sums + outputs * sums_of_output(s);
    memset(sums, 0, lvk_cpu_sparse_weight_sums(s) * sizeof *sums);
    for (uint64_t i = tiles * part / parts; i < tiles * (part + 1) / parts; ++i) {
        const uint64_t n = i / across / down;
        const uint32_t top = (uint32_t)(i / across % down) * t.height,
                       left = (uint32_t)(i % across) * t.width;
        list_tile(s, t, n, top, left, dy, index, entries, counts);
        const float *corner = x + ((n * s->conv.in_h + 2 * top) * s->conv.in_w + 2 * left) * s->conv.in_c;
        for (uint32_t k = 0; k < outputs; ++k) {
            const lvk_pool_entry *list = entries + (size_t)k * capacity;
            float sum = 0;
            for (uint32_t j = 0; j < counts[k]; ++j)
                sum += list[j].gradient;
            db[k] += sum;
            add_output(isa, s, list, counts[k], corner, sums + k * sums_of_output(s));
        }
    }
}

/* ---- the parts together ---- */

static float sum_of(const lvk_cpu_pool_shape *s, const float *sums, unsigned parts, size_t at) {
    float sum = 0;
    for (unsigned p = 0; p < parts; ++p)
        sum += sums[p * lvk_cpu_sparse_weight_sums(s) + at];
    return sum;
}

void lvk_cpu_sparse_weight_finish(const lvk_cpu_pool_shape *s, const float *sums, unsigned sum_parts,
                                  unsigned part, unsigned parts, float *dw, float *db) {
    const size_t run = run_of(s), rows = s->conv.kernel_h * run, one = sums_of_output(s);
    for (size_t r = rows * part / parts; r < rows * (part + 1) / parts; ++r)
        for (size_t k = 0; k < s->conv.out_c; ++k)
            dw[r * s->conv.out_c + k] =
                sum_of(s, sums, sum_parts, k * one + r / run * padded_run(s) + r % run);
    for (size_t k = 0; part == 0 && k < s->conv.out_c; ++k)
        db[k] = sum_of(s, sums, sum_parts, s->conv.out_c * one + k);
}

const char *lvk_cpu_sparse_weight_unsupported(const lvk_cpu_pool_shape *s) {
    const char *reason = lvk_cpu_sparse_unsupported(s);
    return reason ? reason : tile_fits(s, (tile){1, 1}) ? NULL : "a window has too many channels";
}
