/* Sums of a tile of C stay in registers while A and B are gone through once. */
#include "cpu/gemm.h"

#if defined __x86_64__
#include <immintrin.h>

/* Computes a tile of C from the rows of A at `a` and a panel of B, `b_step` numbers a row. */
typedef void run_tile(const lvk_gemm *g, const float *a, const float *b, size_t b_step, float *c);

enum { ROWS_512 = 14, ROWS_256 = 6 }; /* with two vectors a row, as many as fit the registers */

/* Rows of A are reached by few pointers: what is left of the distance fits the processor's way of addressing. */
enum { REACHED = 3 };

__attribute__((target("avx512f"))) static inline __attribute__((always_inline)) void
tile_512(const lvk_gemm *g, const float *a, const float *b, size_t b_step, float *c, const int rows,
         const int vectors) {
    const size_t row = g->a_row, step = g->a_step;
    const float *left[(ROWS_512 + REACHED - 1) / REACHED];
    __m512 sum[ROWS_512][2];
    for (int r = 0; r < rows; r += REACHED)
        left[r / REACHED] = a + (size_t)r * row;
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v)
            sum[r][v] = _mm512_setzero_ps();
    for (size_t k = 0; k < g->steps; ++k, b += b_step) {
        __m512 right[2];
        for (int v = 0; v < vectors; ++v)
            right[v] = _mm512_loadu_ps(b + (size_t)v * 16);
        for (int r = 0; r < rows; ++r) {
            const __m512 value = _mm512_set1_ps(left[r / REACHED][(size_t)(r % REACHED) * row]);
            for (int v = 0; v < vectors; ++v)
                sum[r][v] = _mm512_fmadd_ps(value, right[v], sum[r][v]);
        }
        for (int r = 0; r < rows; r += REACHED)
            left[r / REACHED] += step;
    }
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v) {
            float *to = c + (size_t)r * g->c_row + (size_t)v * 16;
            _mm512_storeu_ps(to, g->add ? _mm512_add_ps(_mm512_loadu_ps(to), sum[r][v]) : sum[r][v]);
        }
}

__attribute__((target("avx2,fma"))) static inline __attribute__((always_inline)) void
tile_256(const lvk_gemm *g, const float *a, const float *b, size_t b_step, float *c, const int rows) {
    const size_t row = g->a_row, step = g->a_step;
    const float *left[ROWS_256 / REACHED];
    __m256 sum[ROWS_256][2];
    for (int r = 0; r < rows; r += REACHED)
        left[r / REACHED] = a + (size_t)r * row;
    for (int r = 0; r < rows; ++r)
        sum[r][0] = sum[r][1] = _mm256_setzero_ps();
    for (size_t k = 0; k < g->steps; ++k, b += b_step) {
        const __m256 right[2] = {_mm256_loadu_ps(b), _mm256_loadu_ps(b + 8)};
        for (int r = 0; r < rows; ++r) {
            const __m256 value = _mm256_set1_ps(left[r / REACHED][(size_t)(r % REACHED) * row]);
            sum[r][0] = _mm256_fmadd_ps(value, right[0], sum[r][0]);
            sum[r][1] = _mm256_fmadd_ps(value, right[1], sum[r][1]);
        }
        for (int r = 0; r < rows; r += REACHED)
            left[r / REACHED] += step;
    }
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < 2; ++v) {
            float *to = c + (size_t)r * g->c_row + (size_t)v * 8;
            _mm256_storeu_ps(to, g->add ? _mm256_add_ps(_mm256_loadu_ps(to), sum[r][v]) : sum[r][v]);
        }
}

#define TILE_512(rows)                                                                                       \
    __attribute__((target("avx512f"))) static void tile_512_##rows##_2(                                      \
        const lvk_gemm *g, const float *a, const float *b, size_t b_step, float *c) {                        \
        tile_512(g, a, b, b_step, c, rows, 2);                                                               \
    }                                                                                                        \
    __attribute__((target("avx512f"))) static void tile_512_##rows##_1(                                      \
        const lvk_gemm *g, const float *a, const float *b, size_t b_step, float *c) {                        \
        tile_512(g, a, b, b_step, c, rows, 1);                                                               \
    }
#define TILE_256(rows)                                                                                       \
    __attribute__((target("avx2,fma"))) static void tile_256_##rows(                                         \
        const lvk_gemm *g, const float *a, const float *b, size_t b_step, float *c) {                        \
        tile_256(g, a, b, b_step, c, rows);                                                                  \
    }
#define EACH_256(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define EACH_512(X) EACH_256(X) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
EACH_256(TILE_256)
EACH_512(TILE_512)

#define ENTRY_512(rows) {tile_512_##rows##_1, tile_512_##rows##_2},
#define ENTRY_256(rows) tile_256_##rows,
static run_tile *const tiles_512[ROWS_512][2] = {EACH_512(ENTRY_512)};
static run_tile *const tiles_256[ROWS_256] = {EACH_256(ENTRY_256)};

/* `columns` columns of a panel that is `b_step` wide. The rows are divided evenly: a tile of few rows is slow. */
static void run_columns(const lvk_gemm *g, lvk_cpu_isa isa, const float *b, size_t b_step, size_t columns,
                        float *c) {
    const size_t most = isa == LVK_ISA_AVX512 ? ROWS_512 : ROWS_256, count = (g->rows + most - 1) / most;
    for (size_t i = 0; i < count; ++i) {
        size_t begin, end;
        lvk_cpu_range(g->rows, (unsigned)i, (unsigned)count, &begin, &end);
        run_tile *run =
            isa == LVK_ISA_AVX512 ? tiles_512[end - begin - 1][columns / 16 - 1] : tiles_256[end - begin - 1];
        run(g, g->a + begin * g->a_row, b, b_step, c + begin * g->c_row);
    }
}

void lvk_cpu_gemm(lvk_cpu_isa isa, const lvk_gemm *g) {
    const size_t at_once = isa == LVK_ISA_AVX512 ? 32 : 16;
    for (size_t j = 0; j < g->columns; j += LVK_GEMM_PANEL) {
        const float *panel = g->b + j * g->steps;
        const size_t width = g->columns - j < LVK_GEMM_PANEL ? g->columns - j : LVK_GEMM_PANEL;
        for (size_t i = 0; i < width; i += at_once)
            run_columns(g, isa, panel + i, width, width < at_once ? width : at_once, g->c + j + i);
    }
}
#else
void lvk_cpu_gemm(lvk_cpu_isa isa, const lvk_gemm *g) {
    (void)isa, (void)g; /* lvk_cpu_isa_unsupported() */
}
#endif
