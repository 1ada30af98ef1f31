#include "data/resample.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

enum {
    MOST_TAPS = 16
}; /* lvk_crop_cut's squares need 8: they are at most four times as wide as the output */

lvk_augment lvk_augment_draw(uint64_t seed, uint32_t epoch, uint32_t sample) {
    const lvk_random_key key = {seed, epoch, sample, LVK_PURPOSE_AUGMENT};
    uint32_t words[4];
    lvk_random_words(&key, 0, words);
    return (lvk_augment){words[0] >> 31, words[1] >> 31, lvk_uniform(words[2]) * 6.28318530717958648F};
}

lvk_augment lvk_augment_view(uint32_t view) {
    return (lvk_augment){.flip_x = (view & 4) != 0, .angle = (float)(view & 3) * 1.57079632679489662F};
}

void lvk_resampler_finish(lvk_resampler *resampler) {
    lvk_free(resampler->padded);
    *resampler = (lvk_resampler){0};
}

/* The square as four floats a pixel (the fourth is 0, for the vector unit), with `pad` black pixels on every
 * side. */
static lvk_status fill_padded(lvk_resampler *resampler, const lvk_image *square, size_t pad) {
    const size_t side = square->width, pitch = side + 2 * pad, size = pitch * pitch * 4;
    if (resampler->capacity < size) {
        float *grown = lvk_realloc(resampler->padded, size, sizeof *grown);
        if (!grown)
            return LVK_ERROR_MEMORY;
        resampler->padded = grown;
        resampler->capacity = size;
    }
    float *out = resampler->padded;
    memset(out, 0, pitch * pad * 4 * sizeof *out);
    memset(out + pitch * (pad + side) * 4, 0, pitch * pad * 4 * sizeof *out);
    for (size_t y = 0; y < side; ++y) {
        float *row = out + pitch * (pad + y) * 4;
        const uint8_t *in = square->pixels + y * side * 3;
        memset(row, 0, pad * 4 * sizeof *row);
        memset(row + (pad + side) * 4, 0, pad * 4 * sizeof *row);
        row += pad * 4;
        for (size_t x = 0; x < side; ++x, row += 4, in += 3) {
            row[0] = (float)in[0];
            row[1] = (float)in[1];
            row[2] = (float)in[2];
            row[3] = 0;
        }
    }
    return LVK_OK;
}

/* The tent's weights at the `taps` pixels from floor(u - r - 1/2) + 1 on, with sum 1. Returns that first
 * pixel. */
static inline int tent(float u, float r, float inverse_r, int taps, float *weights) {
    const float low = floorf(u - r - 0.5F);
    float distance = low + 1.5F - u, sum = 0;
    for (int k = 0; k < taps; ++k, distance += 1) {
        const float weight = 1 - fabsf(distance) * inverse_r;
        weights[k] = weight > 0 ? weight : 0;
        sum += weights[k];
    }
    const float scale = 1 / sum;
    for (int k = 0; k < taps; ++k)
        weights[k] *= scale;
    return (int)low + 1;
}

/* sum[c] = sum over the footprint of wy[j] wx[i] at[j][i][c]. */
static inline void gather(const float *at, size_t pitch, int taps, const float *wx, const float *wy,
                          float sum[4]) {
    float total[4] = {0, 0, 0, 0};
    for (int j = 0; j < taps; ++j, at += pitch * 4) {
        float row[4] = {0, 0, 0, 0};
        for (int i = 0; i < taps; ++i)
            for (int c = 0; c < 4; ++c)
                row[c] += wx[i] * at[i * 4 + c];
        for (int c = 0; c < 4; ++c)
            total[c] += wy[j] * row[c];
    }
    memcpy(sum, total, sizeof total);
}

typedef struct mapping {
    float a, b, c, d, center; /* (u, v) = (a x + b y, c x + d y) + center, x and y from the output's centre */
    float r, inverse_r;
    int taps, side, pad;
} mapping;

static inline void resample_row(const mapping *map, const float *padded, uint32_t j, uint32_t output,
                                int taps, float *out) {
    const size_t pitch = (size_t)map->side + 2 * (size_t)map->pad;
    const float half = 0.5F * (float)output, y = (float)j + 0.5F - half;
    float wx[MOST_TAPS], wy[MOST_TAPS], sum[4];
    for (uint32_t i = 0; i < output; ++i, out += 3) {
        const float x = (float)i + 0.5F - half;
        const float u = map->a * x + map->b * y + map->center, v = map->c * x + map->d * y + map->center;
        const float low = -map->r, high = (float)map->side + map->r;
        if (!(u > low && u < high && v > low && v < high)) { /* nothing but black in the footprint */
            out[0] = out[1] = out[2] = 0;
            continue;
        }
        const int x0 = tent(u, map->r, map->inverse_r, taps, wx) + map->pad;
        const int y0 = tent(v, map->r, map->inverse_r, taps, wy) + map->pad;
        gather(padded + ((size_t)y0 * pitch + (size_t)x0) * 4, pitch, taps, wx, wy, sum);
        for (int k = 0; k < 3; ++k)
            out[k] = sum[k] * (1.0F / 255.0F);
    }
}

/* The usual tap counts are compiled as constants, so that their loops unroll. */
static void resample_rows(const mapping *map, const float *padded, uint32_t output, float *pixels) {
    for (uint32_t j = 0; j < output; ++j, pixels += (size_t)output * 3) {
        switch (map->taps) {
        case 2:
            resample_row(map, padded, j, output, 2, pixels);
            break;
        case 3:
            resample_row(map, padded, j, output, 3, pixels);
            break;
        case 4:
            resample_row(map, padded, j, output, 4, pixels);
            break;
        case 5:
            resample_row(map, padded, j, output, 5, pixels);
            break;
        default:
            resample_row(map, padded, j, output, map->taps, pixels);
        }
    }
}

lvk_status lvk_resample(lvk_resampler *resampler, const lvk_image *square, const lvk_augment *augment,
                        uint32_t output, float *pixels) {
    const float scale = (float)square->width / (float)output, r = scale > 1 ? scale : 1;
    const int taps = (int)ceilf(2 * r), pad = taps + 1;
    if (taps > MOST_TAPS)
        return lvk_fail(LVK_ERROR_LIMIT, "resampling %u pixels to %u: more than %d times smaller",
                        square->width, output, MOST_TAPS / 2);
    LVK_TRY(fill_padded(resampler, square, (size_t)pad));
    const bool turned = augment->angle != 0;
    const float cosine = turned ? cosf(augment->angle) : 1, sine = turned ? sinf(augment->angle) : 0;
    const float flip_x = augment->flip_x ? -scale : scale, flip_y = augment->flip_y ? -scale : scale;
    const mapping map = {.a = cosine * flip_x,
                         .b = -sine * flip_y,
                         .c = sine * flip_x,
                         .d = cosine * flip_y,
                         .center = 0.5F * (float)square->width,
                         .r = r,
                         .inverse_r = 1 / r,
                         .taps = taps,
                         .side = (int)square->width,
                         .pad = pad};
    resample_rows(&map, resampler->padded, output, pixels);
    return LVK_OK;
}

void lvk_pixels_to_bytes(const float *pixels, size_t count, uint8_t *bytes) {
    for (size_t i = 0; i < count; ++i)
        bytes[i] = (uint8_t)lroundf(fminf(fmaxf(pixels[i], 0), 1) * 255);
}
