/* How a crop, a square of pixels, is resampled: the arithmetic of one output pixel, in plain C. It is the meaning of the
 * operator `resample` (ops/resample.h) and makes the pictures that people look at, so it lies below both.
 *
 * Output pixel (i, j) of an S x S output looks at the source point
 *     (u, v) = M (x, y) + center,   (x, y) = (i + 1/2 - S/2, j + 1/2 - S/2),
 * u to the right and v down from the crop's upper left corner, in pixels. Its four numbers are the mean of
 * the pixels there under a tent along the crop's axes,
 *     w(px, py) = t(px + 1/2 - u) t(py + 1/2 - v),   t(d) = max(0, 1 - |d| / r),
 * divided by the sum of w over all pixels of the plane, those outside the crop included: they are zeros.
 * So with r = 1 it is bilinear interpolation, and a larger r widens the footprint (antialias).
 *
 * The first three numbers are red, green and blue, the fourth says what share of the footprint is not
 * background (a: alpha of the pixel). Colours are then changed, and made into the network's input:
 *     q = clamp(C (red, green, blue, a), 0, 1),   value = D (q, 1).
 * The constant column of C is thus added to the cell alone: background stays exactly black. */
#ifndef LVK_CORE_RESAMPLE_H
#define LVK_CORE_RESAMPLE_H

#include <stdint.h>

/* How one crop is resampled: a row of the operator's second input. All zero: there is no crop, and every
 * value is 0. */
typedef struct lvk_resampling {
    float side;      /* of the crop, pixels: a whole number */
    float radius;    /* r, at least 1 */
    float map[2][2]; /* M */
    float center[2]; /* the source point of the output's centre */
    float color[3][4];
    float output[3][4];
} lvk_resampling;

enum { LVK_RESAMPLING_LENGTH = 32 }; /* floats */
_Static_assert(sizeof(lvk_resampling) == LVK_RESAMPLING_LENGTH * sizeof(float), "a row of floats");

/* How many pixels along one axis a tent of this radius can reach. */
uint32_t lvk_resampling_taps(double radius);

/* Value of output pixel (i, j). crop[y][x][4] are `side` rows of `side` pixels: red, green, blue, and
 * alpha: 255 where there is something, 0 for background. `taps` pixels along each axis are looked at, from
 * floor(u - r - 1/2) + 1 on: at least lvk_resampling_taps(radius). Points and first pixels are found in
 * floats, in the order of the formula, so that every device looks at the same ones. */
void lvk_resample_pixel(const lvk_resampling *row, const uint8_t *crop, uint32_t output, uint32_t taps,
                        uint32_t i, uint32_t j, double values[3]);

#endif
