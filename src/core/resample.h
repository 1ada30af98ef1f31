/* Resampling of a crop, a square of pixels: the arithmetic of one output pixel, in plain C. It defines the
 * operator `resample` (ops/resample.h), and previews use it too; therefore it is in the folder that both may
 * include.
 *
 * Output pixel (i, j) of an S x S output has the source point
 *     (u, v) = M (x, y) + center,   (x, y) = (i + 1/2 - S/2, j + 1/2 - S/2),
 * in pixels, u to the right and v down from the crop's upper left corner. The four numbers at this point are
 * means over the crop's pixels, weighted by a tent along the crop's axes,
 *     w(px, py) = t(px + 1/2 - u) t(py + 1/2 - v),   t(d) = max(0, 1 - |d| / r),
 * where pixels outside the crop count as zeros. With r = 1 this is bilinear interpolation; a larger r
 * averages over more pixels (antialias).
 *
 * The first three numbers are red, green and blue. The fourth, a, is the mean of alpha: the share of the
 * weight that is not background. Colours are then changed (q) and standardized to the network's input
 * (value):
 *     q = clamp(C (red, green, blue, a), 0, 1),   value = D (q, 1).
 * Since the constant column of C is multiplied by a, background stays exactly black. */
#ifndef LVK_CORE_RESAMPLE_H
#define LVK_CORE_RESAMPLE_H

#include <stdint.h>

/* How one crop is resampled: a row of the operator's second input. If all numbers are zero, there is no crop,
 * and every value is 0. */
typedef struct lvk_resampling {
    float side;      /* side of the crop in pixels, a whole number */
    float radius;    /* r, at least 1 */
    float map[2][2]; /* M */
    float center[2]; /* the source point of the output's centre */
    float color[3][4];
    float output[3][4];
} lvk_resampling;

enum { LVK_RESAMPLING_LENGTH = 32 }; /* floats */
_Static_assert(sizeof(lvk_resampling) == LVK_RESAMPLING_LENGTH * sizeof(float), "a row of floats");

/* The most pixels along one axis that a tent of this radius covers. */
uint32_t lvk_resampling_taps(double radius);

/* Sets `values` to the value of output pixel (i, j). crop[y][x][4] is `side` rows of `side` pixels: red,
 * green, blue, and alpha, which is 0 for background, else 255. The function reads `taps` pixels along each
 * axis, at least lvk_resampling_taps(radius), from floor(u - r - 1/2) + 1 on. Source points and first pixels
 * are computed in float, in the order of the formula, so that every device reads the same pixels. */
void lvk_resample_pixel(const lvk_resampling *row, const uint8_t *crop, uint32_t output, uint32_t taps,
                        uint32_t i, uint32_t j, double values[3]);

#endif
