/* One resampling from the crop's square to the network's input, with the augmentation folded in.
 *
 * Output pixel (i, j) of an S x S output looks at the source point
 *     (u, v) = R (i + 1/2 - S/2, j + 1/2 - S/2) s + (W/2, W/2),   s = W / S,
 * W the side of the source square in pixels, R = rotation by `angle` applied after the flips (u to the right,
 * v down; a positive angle turns the picture counter-clockwise). Its value is the mean of the source pixels
 * under a tent along the source's axes, w(x, y) = t(x + 1/2 - u) t(y + 1/2 - v),   t(d) = max(0, 1 - |d| /
 * r),   r = max(1, s), divided by the sum of w over all pixels of the plane, those outside the square
 * included: they are black. So enlarging is bilinear interpolation, and shrinking is bilinear with its
 * footprint widened by the scale (antialias). The identity augmentation runs the same arithmetic and gives
 * the same bits as none. */
#ifndef LVK_DATA_RESAMPLE_H
#define LVK_DATA_RESAMPLE_H

#include "core/random.h"
#include "data/image.h"

typedef struct lvk_augment {
    bool flip_x, flip_y; /* mirrored left-right, top-bottom */
    float angle;         /* radians */
} lvk_augment;

/* The augmentation of image `sample` (its index in the data set) in `epoch`: each flip with probability 1/2,
 * the angle uniform in [0, 2 pi). Words 0, 1, 2 of block 0 of Philox (seed, epoch, sample,
 * LVK_PURPOSE_AUGMENT): the upper bit of the first two, the third as lvk_uniform. */
lvk_augment lvk_augment_draw(uint64_t seed, uint32_t epoch, uint32_t sample);

/* The eight ways in which a square can lie, by number: view & 3 quarter turns counter-clockwise, and for view
 * & 4 mirrored left-right before. View 0 is the plain picture. */
enum { LVK_VIEW_COUNT = 8 };
lvk_augment lvk_augment_view(uint32_t view);

/* Room for the work of one thread. Start with {0}; grows as needed. */
typedef struct lvk_resampler {
    float *padded;
    size_t capacity;
} lvk_resampler;

void lvk_resampler_finish(lvk_resampler *resampler);

/* `square` has width = height. pixels[(j * output + i) * 3 + c] in 0..1, output >= 1. LVK_ERROR_MEMORY at
 * most. */
LVK_MUST_USE lvk_status lvk_resample(lvk_resampler *resampler, const lvk_image *square,
                                     const lvk_augment *augment, uint32_t output, float *pixels);

/* bytes[i] = round(255 pixels[i]), from 0 to 255, for an image file. */
void lvk_pixels_to_bytes(const float *pixels, size_t count, uint8_t *bytes);

#endif
