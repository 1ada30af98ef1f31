/* Resampling of crops by the formula of core/resample.h, eight pixels of an output line at a time: a lane each, which gathers its
 * own pixels of the crop. */
#include "cpu/resample.h"
#include "cpu/vectors.h"

enum { LANES = 8 };

const char *lvk_cpu_resample_gather_unsupported(const lvk_call *call, const lvk_caps *caps) {
    (void)call;
    (void)caps;
    return lvk_cpu_isa_unsupported();
}

#if defined __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE TARGET static inline __attribute__((always_inline))

/* The pixels along one axis that a tent about each lane's position reaches. */
typedef struct axis {
    __m256 weights[LVK_RESAMPLE_MOST_TAPS]; /* 0 outside of the square */
    __m256i pixels[LVK_RESAMPLE_MOST_TAPS]; /* times the stride; within the square */
    __m256 sum;                             /* of all weights, those outside of the square too */
} axis;

INLINE void reach(axis *a, __m256 at, float radius, int taps, int side, int stride) {
    const __m256 half = _mm256_set1_ps(0.5F), one = _mm256_set1_ps(1), zero = _mm256_setzero_ps(),
                 inverse = _mm256_set1_ps(1 / radius), last = _mm256_set1_ps((float)(side - 1)),
                 sign = _mm256_set1_ps(-0.0F);
    const __m256 low = _mm256_sub_ps(_mm256_sub_ps(at, _mm256_set1_ps(radius)), half);
    __m256 pixel = _mm256_add_ps(_mm256_floor_ps(low), one);
    a->sum = zero;
    for (int t = 0; t < taps; ++t, pixel = _mm256_add_ps(pixel, one)) {
        const __m256 off = _mm256_andnot_ps(sign, _mm256_sub_ps(_mm256_add_ps(pixel, half), at));
        const __m256 weight = _mm256_max_ps(_mm256_sub_ps(one, _mm256_mul_ps(off, inverse)), zero);
        const __m256 within = _mm256_min_ps(_mm256_max_ps(pixel, zero), last); /* NaN becomes 0 */
        a->sum = _mm256_add_ps(a->sum, weight);
        a->weights[t] = _mm256_and_ps(weight, _mm256_cmp_ps(pixel, within, _CMP_EQ_OQ));
        a->pixels[t] = _mm256_mullo_epi32(_mm256_cvttps_epi32(within), _mm256_set1_epi32(stride));
    }
}

/* Adds number `c` of the pixels, times the weights. */
INLINE __m256 add_number(__m256 sum, __m256i pixels, int c, __m256 weights) {
    const __m256i number = _mm256_and_si256(_mm256_srli_epi32(pixels, 8 * c), _mm256_set1_epi32(255));
    return _mm256_add_ps(sum, _mm256_mul_ps(weights, _mm256_cvtepi32_ps(number)));
}

/* The means of the four numbers, 0 to 1, about (u, v). */
INLINE void find_means(const lvk_resampling *row, const uint8_t *square, int taps, __m256 u, __m256 v,
                       __m256 means[4]) {
    axis across, down;
    for (int c = 0; c < 4; ++c)
        means[c] = _mm256_setzero_ps();
    if (row->side == 0)
        return;
    reach(&across, u, row->radius, taps, (int)row->side, 1);
    reach(&down, v, row->radius, taps, (int)row->side, (int)row->side);
    for (int y = 0; y < taps; ++y) {
        __m256 along[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
                           _mm256_setzero_ps()};
        for (int x = 0; x < taps; ++x) {
            const __m256i place = _mm256_add_epi32(down.pixels[y], across.pixels[x]);
            const __m256i pixels = _mm256_i32gather_epi32((const int *)square, place, 4);
            for (int c = 0; c < 4; ++c)
                along[c] = add_number(along[c], pixels, c, across.weights[x]);
        }
        for (int c = 0; c < 4; ++c)
            means[c] = _mm256_add_ps(means[c], _mm256_mul_ps(down.weights[y], along[c]));
    }
    const __m256 whole = _mm256_mul_ps(_mm256_mul_ps(across.sum, down.sum), _mm256_set1_ps(255));
    for (int c = 0; c < 4; ++c)
        means[c] = _mm256_div_ps(means[c], whole);
}

/* k[0] a[0] + k[1] a[1] + k[2] a[2] + k[3] a[3] */
INLINE __m256 combine(const float k[4], const __m256 a[4]) {
    __m256 sum = _mm256_mul_ps(_mm256_set1_ps(k[0]), a[0]);
    for (int c = 1; c < 4; ++c)
        sum = _mm256_add_ps(sum, _mm256_mul_ps(_mm256_set1_ps(k[c]), a[c]));
    return sum;
}

/* Colours and standardization; `count` pixels are stored. */
INLINE void map(const lvk_resampling *row, const __m256 means[4], uint32_t count, float *to) {
    const __m256 zero = _mm256_setzero_ps(), one = _mm256_set1_ps(1);
    __m256 color[4];
    float numbers[3][LANES];
    for (int c = 0; c < 3; ++c)
        color[c] = _mm256_min_ps(one, _mm256_max_ps(zero, combine(row->color[c], means))); /* NaN stays */
    color[3] = one;
    for (int c = 0; c < 3; ++c)
        _mm256_storeu_ps(numbers[c], combine(row->output[c], color));
    for (uint32_t i = 0; i < count; ++i)
        for (uint32_t c = 0; c < 3; ++c)
            to[3 * i + c] = numbers[c][i];
}

TARGET void lvk_cpu_resample_gather(const lvk_resampling *row, const uint8_t *crop, uint32_t output,
                                    uint32_t taps, uint32_t line, float *to) {
    const __m256 lanes = _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7);
    const float half = 0.5F * (float)output, y = (float)line + 0.5F - half;
    for (uint32_t i = 0; i < output; i += LANES) {
        const __m256 x =
            _mm256_sub_ps(_mm256_add_ps(_mm256_add_ps(lanes, _mm256_set1_ps((float)i)), _mm256_set1_ps(0.5F)),
                          _mm256_set1_ps(half));
        __m256 at[2], means[4];
        for (int c = 0; c < 2; ++c)
            at[c] = _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(_mm256_set1_ps(row->map[c][0]), x),
                                                _mm256_set1_ps(row->map[c][1] * y)),
                                  _mm256_set1_ps(row->center[c]));
        find_means(row, crop, (int)taps, at[0], at[1], means);
        map(row, means, output - i < LANES ? output - i : LANES, to + (size_t)3 * i);
    }
}
#else
void lvk_cpu_resample_gather(const lvk_resampling *row, const uint8_t *crop, uint32_t output, uint32_t taps,
                             uint32_t line, float *to) {
    (void)row, (void)crop, (void)output, (void)taps, (void)line, (void)to; /* ..._unsupported() */
}
#endif
